package discover

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":2,"config":{"digest":"sha256:` + sum(nil) + `","size":0},"layers":[{"mediaType":"` + mediaPrefix + modelLayer +
		`","digest":"sha256:` + sum(nil) + `","size":3}]}`))
	f.Add([]byte(`{"layers":[{"digest":"sha256:../..","size":-1}]}`))
	f.Add([]byte(`{"remote_host":"x","model_format":"gguf"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseSettings(data)
		m, err := parseManifest(data)
		if err != nil {
			return
		}
		for _, l := range m.layers {
			if name := l.blob(); filepath.Base(name) != name || !strings.HasPrefix(name, "sha256-") || l.Size < 0 {
				t.Errorf("%+v is at %q", l, name)
			}
		}
		m.same()
	})
}

// FuzzStore reads a manifest and a config that anybody may have written, in a store with something in it.
func FuzzStore(f *testing.F) {
	dir := f.TempDir()
	o := ollama{f, dir}
	for _, text := range []string{"", "x", "{}"} {
		o.blob(systemLayer, []byte(text))
	}
	f.Add([]byte(`{"config":{"digest":"sha256:`+sum([]byte("{}"))+`","size":2},"layers":[{"mediaType":"`+mediaPrefix+modelLayer+
		`","digest":"sha256:`+sum([]byte("x"))+`","size":1},{"mediaType":"`+mediaPrefix+parametersLayer+`","digest":"sha256:`+sum([]byte("{}"))+`","size":2}]}`), "h/n/m/t")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		path := write(t, filepath.Join(dir, manifestsDir, "m"), data)
		s := scanner{ctx: t.Context(), seen: map[string]bool{}}
		found, _ := s.manifest(dir, path)
		if found.Problem == nil && !strings.HasPrefix(found.Path, filepath.Join(dir, blobsDir)) {
			t.Errorf("%+v", found)
		}
		if x := found.Extras.Parameters; x != nil && !json.Valid(x) {
			t.Errorf("%q is no JSON", x)
		}
		clean(ollamaName(dir, filepath.Join(dir, name)))
	})
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"downloadsFolder":"/models","data_folder":"C:\\jan"}`))
	f.Add([]byte("XDG_DOWNLOAD_DIR=\"$HOME/x\"\n"))
	f.Add([]byte(`{"downloadsFolder":["/models"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, path := range []string{parseSetting(data, "downloadsFolder"), parseUserDirs(data, "/home/ana")} {
			if strings.ContainsRune(path, 0) {
				t.Errorf("%q is a path", path)
			}
		}
	})
}

func FuzzJan(f *testing.F) {
	f.Add([]byte("name: 'it''s'\nmodel_path: \"llamacpp/models/a/model.gguf\"\nmodel_sha256: " + sum(nil) + "\n"))
	f.Add([]byte("model_path: |\n  a\n"))
	f.Add([]byte("---\r\nmodel_path: a # b\r\nlist:\r\n- x\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parseJan(data)
		if err == nil && (d.model == "" || strings.ContainsRune(d.model, 0) || d.digest != "" && !isSHA256(d.digest)) {
			t.Errorf("%+v", d)
		}
	})
}
