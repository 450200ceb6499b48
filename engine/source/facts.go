package source

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lamplight/engine/gguf"
	"lamplight/kernels"
)

// Facts say what a model is, for people. The texts are those of the model's makers, "" where they say
// nothing.
type Facts struct {
	Name         string
	Architecture string
	Quantization string   // of the layers: "Q4_0", "Q4_K_M", "BF16", or "mixed" where no type prevails
	License      string   // as the files name it, such as "gemma"
	Origin       string   // an address, or an organization
	Parameters   int64    // elements of all tensors that the architecture uses
	WeightBytes  int64    // of their data
	Bytes        int64    // of Files together
	Files        []string // absolute paths of everything that makes up the model
}

// Facts describes the model.
func (s *Source) Facts() Facts {
	f := Facts{Architecture: s.config.Architecture}
	byType := map[kernels.Type]int64{} // elements of the layers' matrices
	_ = s.config.eachTensor(!s.Has(output), func(name string, _ []int) error {
		t, ok := s.files.tensor(name)
		if !ok {
			return nil
		}
		f.Parameters += t.elements()
		f.WeightBytes += int64(len(t.data))
		if len(t.shape) == 2 && strings.HasPrefix(name, "blk.") {
			byType[t.typ] += t.elements()
		}
		return nil
	})
	f.Quantization = prevailing(byType)
	s.files.describe(&f)
	if f.Quantization == "" && len(byType) > 0 {
		f.Quantization = "mixed"
	}
	for _, path := range f.Files {
		if info, err := os.Stat(path); err == nil {
			f.Bytes += info.Size()
		}
	}
	for _, text := range []*string{&f.Name, &f.License, &f.Origin} {
		*text = strings.TrimSpace(strings.ToValidUTF8(*text, "\uFFFD"))
	}
	return f
}

// prevailing returns the name of the type that more than half of the elements have, "" if there is none.
func prevailing(elements map[kernels.Type]int64) string {
	total := int64(0)
	for _, n := range elements {
		total += n
	}
	for t, n := range elements {
		if n > total/2 {
			return t.String()
		}
	}
	return ""
}

// fileTypes are the values of general.file_type that name a recipe, with the type it is named after.
// Recipes mix types, and where rows do not fit the type that names them another prevails, so the recipe is
// the better label as long as any layer has its type.
var fileTypes = map[uint64]struct {
	label string
	typ   kernels.Type
}{
	10: {"Q2_K", kernels.Q2_K},
	11: {"Q3_K_S", kernels.Q3_K}, 12: {"Q3_K_M", kernels.Q3_K}, 13: {"Q3_K_L", kernels.Q3_K},
	14: {"Q4_K_S", kernels.Q4_K}, 15: {"Q4_K_M", kernels.Q4_K},
	16: {"Q5_K_S", kernels.Q5_K}, 17: {"Q5_K_M", kernels.Q5_K},
	18: {"Q6_K", kernels.Q6_K},
}

func (f ggufFiles) describe(d *Facts) {
	d.Name, _ = f.String("general.name")
	d.License, _ = f.String("general.license")
	for _, key := range []string{
		"general.source.repo_url", "general.source.url", "general.repo_url", "general.url",
		"general.base_model.0.repo_url", "general.organization", "general.base_model.0.organization", "general.author",
	} {
		if d.Origin, _ = f.String(key); d.Origin != "" {
			break
		}
	}
	d.Files = f.Paths()
	id, _ := f.Uint("general.file_type")
	recipe, ok := fileTypes[id]
	uses := func(t gguf.Tensor) bool { return t.Type == recipe.typ && strings.HasPrefix(t.Name, "blk.") }
	if ok && slices.ContainsFunc(f.Tensors(), uses) {
		d.Quantization = recipe.label
	}
}

func (f *folderFiles) describe(d *Facts) {
	d.Files = f.Paths()
	d.License = f.License()
	d.Name, d.Origin = nameOf(f.Dir())
}

// nameOf finds the name of a model in the path of its folder. In Hugging Face's cache that is
// models--ORGANIZATION--NAME/snapshots/REVISION, elsewhere the folder is called what its owner calls it.
func nameOf(dir string) (name, origin string) {
	snapshots := filepath.Dir(dir)
	parts := strings.Split(filepath.Base(filepath.Dir(snapshots)), "--")
	if filepath.Base(snapshots) == "snapshots" && len(parts) == 3 && parts[0] == "models" {
		return parts[2], fmt.Sprintf("%s/%s", parts[1], parts[2])
	}
	return filepath.Base(dir), ""
}
