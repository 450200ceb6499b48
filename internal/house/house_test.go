package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which packages of ours a package may import; nothing else, and no package that is not listed.
// It is the drawing of docs/ARCHITECTURE.md.
var arrows = map[string]string{
	"":                          "assets/starter/model assistant library privacy privacy/vault ui",
	"ui":                        "assets assets/starter assistant assistant/attach assistant/publish assistant/review assistant/speech assistant/stories assistant/tuning assistant/writing engine engine/adapter engine/chat engine/gguf engine/measure engine/safetensors engine/sample engine/source engine/train engine/train/data library library/discover library/jobs privacy privacy/vault privacy/vault/exchange ui/brief ui/buffer ui/widgets",
	"ui/widgets":                "ui/buffer ui/markdown",
	"ui/brief":                  "",
	"ui/buffer":                 "",
	"ui/markdown":               "",
	"assistant":                 "assistant/attach engine engine/adapter engine/chat engine/measure engine/sample library privacy/vault tokenizer",
	"assistant/attach":          "",
	"assistant/review":          "",
	"assistant/publish":         "",
	"assistant/speech":          "",
	"assistant/stories":         "assets/starter engine engine/chat engine/sample privacy/vault tokenizer",
	"assistant/writing":         "assets assistant/review engine engine/adapter engine/chat engine/sample privacy/vault tokenizer",
	"assistant/tuning":          "assistant/writing engine engine/adapter engine/chat engine/source engine/train engine/train/data kernels library privacy/vault tokenizer",
	"library":                   "engine/adapter engine/gguf engine/safetensors engine/source kernels",
	"library/discover":          "engine/safetensors engine/source",
	"library/jobs":              "assets engine/gguf engine/measure engine/source kernels library",
	"engine":                    "engine/adapter engine/chat engine/internal/container engine/sample engine/source kernels tokenizer",
	"engine/measure":            "engine kernels tokenizer",
	"engine/adapter":            "engine/gguf engine/internal/container engine/safetensors engine/source kernels",
	"engine/train":              "engine/adapter engine/gguf engine/internal/container engine/safetensors engine/source kernels tokenizer",
	"engine/train/data":         "engine/chat engine/train tokenizer",
	"engine/source":             "engine/gguf engine/internal/container engine/safetensors engine/sample kernels tokenizer",
	"engine/gguf":               "engine/internal/container kernels",
	"engine/safetensors":        "engine/internal/container kernels",
	"engine/chat":               "tokenizer",
	"engine/sample":             "kernels tokenizer",
	"engine/internal/container": "",
	"kernels":                   "",
	"tokenizer":                 "",
	"privacy":                   "",
	"privacy/vault":             "",
	"privacy/vault/exchange":    "privacy/vault",
	"assets":                    "",
	"assets/starter":            "",
	"assets/starter/model":      "",
	"cmd/lamp":                  "assets assets/starter assistant/review assistant/stories assistant/writing engine engine/adapter engine/chat engine/gguf engine/measure engine/safetensors engine/sample engine/source engine/train engine/train/data kernels library library/discover privacy tokenizer",

	// For tests only.
	"internal/fixture": "engine/adapter engine/gguf engine/safetensors engine/source kernels tokenizer",
	"internal/golden":  "",
	"internal/race":    "",
	"internal/e2e":     "engine/gguf internal/fixture internal/golden library",
	"internal/house":   "",
}

const module = "lamplight"

// window are the packages that may know Fyne.
var window = []string{"", "ui", "ui/widgets"}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Deps       []string // all of them, but not those of its tests

	Imports, TestImports, XTestImports []string
}

// name is the path within the module, "" for the program itself.
func (p pkg) name() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// ours lists all packages of the project. Files with the tag e2e count too.
func ours(t *testing.T) []pkg {
	t.Helper()
	c := exec.Command("go", "list", "-tags", "e2e", "-json=ImportPath,Deps,Imports,TestImports,XTestImports", "./...")
	c.Dir = root(t)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// The arrows point down only. Tests may look wherever they need to.
func TestArrows(t *testing.T) {
	for _, p := range ours(t) {
		list, ok := arrows[p.name()]
		if !ok {
			t.Errorf("%s is in no drawing: say what it may import", p.ImportPath)
			continue
		}
		allowed := strings.Fields(list)
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, module+"/"); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}

// Nothing but the window can speak HTTP or TLS, because it is not in the program at all; Fyne links them into
// the window, where the seal makes them useless.
func TestNoNetwork(t *testing.T) {
	for _, p := range ours(t) {
		for _, i := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if i == "net" || strings.HasPrefix(i, "net/") && i != "net/url" || strings.HasPrefix(i, "crypto/tls") {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
		if slices.Contains(window, p.name()) {
			continue
		}
		for _, d := range p.Deps {
			if d == "net/http" || d == "crypto/tls" {
				t.Errorf("%s depends on %s", p.ImportPath, d)
			}
		}
	}
}

// Fyne stays in the window.
func TestFyne(t *testing.T) {
	for _, p := range ours(t) {
		for _, i := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.HasPrefix(i, "fyne.io/") && !slices.Contains(window, p.name()) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}
