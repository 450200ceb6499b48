package discover

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
)

// ollama builds a store.
type ollama struct {
	t   testing.TB
	dir string
}

func (o ollama) blob(meaning string, data []byte) layer {
	o.t.Helper()
	write(o.t, filepath.Join(o.dir, blobsDir, "sha256-"+sum(data)), data)
	return layer{mediaPrefix + meaning, "sha256:" + sum(data), int64(len(data))}
}

// tag writes a manifest under host/namespace/model/tag.
func (o ollama) tag(name, config string, layers ...layer) {
	o.t.Helper()
	c := o.blob("", []byte(config))
	c.MediaType = "application/vnd.docker.container.image.v1+json"
	data, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "config": c, "layers": layers,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	write(o.t, filepath.Join(o.dir, manifestsDir, filepath.FromSlash(name)), data)
}

const ggufConfig = `{"model_format":"gguf","model_family":"gemma3","model_type":"268M","file_type":"Q8_0"}`

func TestOllama(t *testing.T) {
	root := t.TempDir()
	o := ollama{t, filepath.Join(root, ".ollama", "models")}
	weights, tuned := tiny(t, 1), tiny(t, 2)
	model := o.blob(modelLayer, weights)
	template := o.blob(templateLayer, []byte("{{ .Prompt }}"))
	params := o.blob(parametersLayer, []byte(`{"temperature": 1, "stop": ["<end_of_turn>"]}`))
	license := o.blob(licenseLayer, []byte("Terms of use\xff"))
	system := o.blob(systemLayer, []byte("You are a pirate."))
	adapter := o.blob(adapterLayer, kindOfModel(t, "general.type", "adapter"))

	const lib = defaultHost + "/" + defaultNamespace + "/"
	o.tag(lib+"tiny/latest", ggufConfig, model, template, params, license)
	o.tag(lib+"tiny/270m", ggufConfig, model, template, params, license)
	o.tag(lib+"plain/latest", ggufConfig, model, template, params, license, system)
	o.tag(lib+"pirate/latest", ggufConfig, model, template, system, license, license,
		o.blob(messagesLayer, []byte(`[{"role":"user","content":"Ahoy"}]`)), o.blob(projectorLayer, kindOfModel(t, "general.architecture", "clip")))
	o.tag(defaultHost+"/ana/tuned/v1", ggufConfig, o.blob(modelLayer, tuned), adapter)
	o.tag("hf.co/org/repo/Q8_0", ggufConfig, o.blob(modelLayer, tiny(t, 3)),
		o.blob(parametersLayer, []byte(`[1]`)), layer{mediaPrefix + systemLayer, "sha256:" + sum([]byte("gone")), 4})

	gone := layer{mediaPrefix + modelLayer, "sha256:" + sum([]byte("nothing")), 7}
	short := o.blob(modelLayer, cut(weights))
	o.tag(lib+"damaged/latest", ggufConfig, short)
	short.Size = int64(len(weights))
	o.tag(lib+"half/latest", ggufConfig, short)
	o.tag(lib+"gone/latest", ggufConfig, gone)
	o.tag(lib+"gone/copy", ggufConfig, gone)
	o.tag(lib+"changed/latest", ggufConfig, model, layer{mediaPrefix + adapterLayer, gone.Digest, 7})
	o.tag(lib+"big/cloud", `{"remote_host":"https://ollama.com:443","remote_model":"big"}`)
	o.tag(lib+"pieces/latest", `{"model_format":"safetensors"}`, o.blob(tensorLayer, []byte("tensor")))
	o.tag(lib+"mlx/latest", `{"model_format":"safetensors"}`, model)
	o.tag(lib+"empty/latest", ggufConfig, license)
	o.tag(lib+"llama/latest", ggufConfig, o.blob(modelLayer, kindOfModel(t, "general.architecture", "llama")))
	write(t, filepath.Join(o.dir, manifestsDir, lib+"junk/latest"), []byte("<html>"))
	write(t, filepath.Join(o.dir, manifestsDir, lib+"evil/latest"),
		[]byte(`{"layers":[{"mediaType":"`+mediaPrefix+modelLayer+`","digest":"sha256:../../../etc/passwd","size":1}]}`))
	write(t, filepath.Join(o.dir, manifestsDir, lib+"huge/latest"), make([]byte, maxManifest+1))
	write(t, filepath.Join(o.dir, manifestsDir, lib+"too-high"), []byte("{}"))
	write(t, filepath.Join(o.dir, manifestsDir, lib+"tiny/.DS_Store"), []byte("{}"))
	write(t, filepath.Join(o.dir, blobsDir, "sha256-"+sum([]byte("x"))+"-partial"), cut(weights))

	all := scan(t, root, Place{App: Ollama, Path: o.dir})
	blob := func(l layer) string { return filepath.Join(".ollama", "models", blobsDir, l.blob()) }
	manifest := func(name string) string { return filepath.Join(".ollama", "models", manifestsDir, lib+name) }
	check(t, root, all,
		wanted{Ollama, "tiny:270m", blob(model), nil},
		wanted{Ollama, "plain:latest", blob(model), nil},
		wanted{Ollama, "pirate:latest", blob(model), nil},
		wanted{Ollama, "ana/tuned:v1", blob(layer{Digest: "sha256:" + sum(tuned)}), nil},
		wanted{Ollama, "hf.co/org/repo:Q8_0", blob(layer{Digest: "sha256:" + sum(tiny(t, 3))}), nil},
		wanted{Ollama, "damaged:latest", blob(short), gguf.ErrTruncated},
		wanted{Ollama, "half:latest", blob(short), ErrIncomplete},
		wanted{Ollama, "gone:copy", manifest("gone/copy"), ErrMissing},
		wanted{Ollama, "changed:latest", blob(model), ErrMissing},
		wanted{Ollama, "big:cloud", manifest("big/cloud"), ErrCloud},
		wanted{Ollama, "pieces:latest", manifest("pieces/latest"), ErrFormat},
		wanted{Ollama, "mlx:latest", manifest("mlx/latest"), ErrFormat},
		wanted{Ollama, "empty:latest", manifest("empty/latest"), ErrMissing},
		wanted{Ollama, "llama:latest", blob(layer{Digest: "sha256:" + sum(kindOfModel(t, "general.architecture", "llama"))}), source.ErrArchitecture},
		wanted{Ollama, "junk:latest", manifest("junk/latest"), ErrManifest},
		wanted{Ollama, "evil:latest", manifest("evil/latest"), ErrManifest},
		wanted{Ollama, "huge:latest", manifest("huge/latest"), ErrManifest},
	)

	first := one(t, all, "tiny:270m")
	if d := cmp.Diff(first.Extras, Extras{
		Template: "{{ .Prompt }}", License: "Terms of use\uFFFD", Parameters: json.RawMessage(`{"temperature": 1, "stop": ["<end_of_turn>"]}`),
	}); d != "" {
		t.Error(d)
	}
	if first.Digest != sum(weights) || fmt.Sprint(first.Aliases) != "[tiny:latest]" {
		t.Errorf("%+v", first)
	}
	pirate := one(t, all, "pirate:latest").Extras
	if pirate.System != "You are a pirate." || string(pirate.Messages) != `[{"role":"user","content":"Ahoy"}]` || len(pirate.Projectors) != 1 || len(pirate.License) < 20 {
		t.Errorf("%+v", pirate)
	}
	if a := one(t, all, "ana/tuned:v1").Extras.Adapters; len(a) != 1 || filepath.Base(a[0]) != adapter.blob() {
		t.Error(a)
	}
	if x := one(t, all, "hf.co/org/repo:Q8_0").Extras; x.Parameters != nil || x.System != "" {
		t.Errorf("what is no object of parameters, and a text that is gone, are there: %+v", x)
	}
	if f := one(t, all, "gone:copy"); fmt.Sprint(f.Aliases) != "[gone:latest]" || len(f.Files) != 0 || f.Bytes != 0 {
		t.Errorf("%+v", f)
	}

	// The same store is found where the user says that models are.
	if again := scan(t, root, Place{Path: root}); len(again) != 0 {
		t.Errorf("a hidden folder was searched: %v", again)
	}
	if again := scan(t, root, Place{Path: filepath.Join(root, ".ollama")}); len(again) != len(all) || again[0].App != Ollama {
		t.Errorf("%d models in the store, %d when it is below a folder of the user's", len(all), len(again))
	}
}
