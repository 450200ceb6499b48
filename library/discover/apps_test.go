package discover

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
)

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestLMStudio(t *testing.T) {
	root := t.TempDir()
	moved := filepath.Join(root, "big disk")
	write(t, filepath.Join(root, ".lmstudio", "settings.json"), []byte(`{"language":"de","downloadsFolder":`+quote(moved)+`}`))
	write(t, filepath.Join(moved, "google", "tiny", "tiny-Q8_0.gguf"), tiny(t, 1))
	write(t, filepath.Join(moved, "google", "tiny", "mmproj-tiny.gguf"), kindOfModel(t, "general.architecture", "clip"))
	write(t, filepath.Join(moved, "loose.gguf"), tiny(t, 2))
	write(t, filepath.Join(moved, "a", "b", "c", "d", "deep.gguf"), tiny(t, 3))
	write(t, filepath.Join(moved, "google", "tiny", "downloading.gguf.part"), cut(tiny(t, 4)))
	models := filepath.Join(root, ".lmstudio", "models")
	link(t, filepath.Join(moved, "loose.gguf"), filepath.Join(models, "me", "linked", "linked.gguf"))
	write(t, filepath.Join(models, "me", "vocab", "vocab.gguf"), vocabularyOnly(t))
	if _, err := fixture.New(fixture.Options{Seed: 5}).WriteSplit(models, "split", 3); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(models, "less"), 0o755); err != nil {
		t.Fatal(err)
	}
	parts, err := fixture.New(fixture.Options{Seed: 6}).WriteSplit(filepath.Join(models, "less"), "less", 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(parts[1]); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, ".cache", "lm-studio", "models", "old", "old", "old.gguf"), tiny(t, 7))

	all := scan(t, root, Places(root, env(nil), "linux")...)
	check(t, root, all,
		wanted{LMStudio, "tiny-Q8_0", "big disk/google/tiny/tiny-Q8_0.gguf", nil},
		wanted{LMStudio, "mmproj-tiny", "big disk/google/tiny/mmproj-tiny.gguf", source.ErrProjector},
		wanted{LMStudio, "loose", "big disk/loose.gguf", nil},
		wanted{LMStudio, "deep", "big disk/a/b/c/d/deep.gguf", nil},
		wanted{LMStudio, "downloading.gguf", "big disk/google/tiny/downloading.gguf.part", ErrIncomplete},
		wanted{LMStudio, "vocab", ".lmstudio/models/me/vocab/vocab.gguf", source.ErrVocabularyOnly},
		wanted{LMStudio, "split", ".lmstudio/models/split-00001-of-00003.gguf", nil},
		wanted{LMStudio, "less", ".lmstudio/models/less/less-00001-of-00003.gguf", gguf.ErrMissingPart},
		wanted{LMStudio, "old", ".cache/lm-studio/models/old/old/old.gguf", nil},
	)
	if files := base(one(t, all, "split").Files); files != "split-00001-of-00003.gguf split-00002-of-00003.gguf split-00003-of-00003.gguf" {
		t.Error(files)
	}
}

// hub builds a model in Hugging Face's cache, with links or without.
func hub(t *testing.T, root, repo, revision string, links bool, files map[string][]byte) {
	t.Helper()
	dir := filepath.Join(root, ".cache", "huggingface", "hub", repo)
	for name, data := range files {
		path := filepath.Join(dir, snapshotsDir, revision, name)
		if !links {
			write(t, path, data)
			continue
		}
		blob := write(t, filepath.Join(dir, blobsDir, sum(data)), data)
		target, err := filepath.Rel(filepath.Dir(path), blob)
		if err != nil {
			t.Fatal(err)
		}
		link(t, target, path)
	}
}

func folderFiles(t *testing.T, seed uint64) map[string][]byte {
	t.Helper()
	dir := fixture.Folder(t, fixture.Options{Seed: seed})
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func splitFixture(t *testing.T, seed uint64) map[string][]byte {
	t.Helper()
	paths, err := fixture.New(fixture.Options{Seed: seed}).WriteSplit(t.TempDir(), "split", 2)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		if files[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestHuggingFace(t *testing.T) {
	const now, old = "1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0000000bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	for _, links := range []bool{true, false} {
		root := t.TempDir()
		cache := filepath.Join(root, ".cache", "huggingface", "hub")
		whole := folderFiles(t, 1)
		hub(t, root, "models--google--tiny", now, links, whole)
		write(t, filepath.Join(cache, "models--google--tiny", refsDir, "main"), []byte(now))
		hub(t, root, "models--google--tiny", old, links, folderFiles(t, 2)) // other weights
		hub(t, root, "models--org--tiny-GGUF", now, links, map[string][]byte{
			"tiny-Q8_0.gguf": tiny(t, 3), "BF16/tiny-BF16.gguf": tiny(t, 4), "README.md": []byte("---\n"),
		})
		hub(t, root, "models--org--split", now, links, splitFixture(t, 5))
		hub(t, root, "models--org--only-words", now, links, map[string][]byte{"config.json": []byte("{}"), "tokenizer.json": []byte("{}")})
		hub(t, root, "models--gpt2", now, links, map[string][]byte{"config.json": []byte("{}"), "pytorch_model.bin": []byte("PK")})
		hub(t, root, "models--bert", now, links, map[string][]byte{
			"config.json": []byte(`{"architectures":["BertModel"]}`), "model.safetensors": whole["model.safetensors"],
		})
		hub(t, root, "models--org--lora", now, links, map[string][]byte{
			"adapter_config.json": []byte("{}"), "adapter_model.safetensors": []byte("lora"),
		})
		write(t, filepath.Join(cache, "datasets--org--words", snapshotsDir, now, "words.txt"), []byte("words"))

		at := func(repo, file string) string {
			return filepath.Join(".cache", "huggingface", "hub", repo, snapshotsDir, now, file)
		}
		want := []wanted{
			{HuggingFace, "google/tiny", at("models--google--tiny", ""), nil},
			{HuggingFace, "google/tiny@0000000", ".cache/huggingface/hub/models--google--tiny/snapshots/" + old, nil},
			{HuggingFace, "tiny-Q8_0", at("models--org--tiny-GGUF", "tiny-Q8_0.gguf"), nil},
			{HuggingFace, "tiny-BF16", at("models--org--tiny-GGUF", "BF16/tiny-BF16.gguf"), nil},
			{HuggingFace, "split", at("models--org--split", "split-00001-of-00002.gguf"), nil},
			{HuggingFace, "gpt2", at("models--gpt2", ""), ErrFormat},
			{HuggingFace, "org/lora", at("models--org--lora", ""), source.ErrAdapter},
		}
		if links {
			hub(t, root, "models--google--tiny", "0000000ccc", links, whole) // an older revision with the same weights
			link(t, "../../blobs/"+sum([]byte("lost")), filepath.Join(cache, "models--org--lost", snapshotsDir, now, "lost.gguf"))
			want = append(want, wanted{HuggingFace, "lost", at("models--org--lost", "lost.gguf"), ErrMissing})
		}
		want = append(want, wanted{HuggingFace, "bert", at("models--bert", ""), source.ErrArchitecture})

		all := scan(t, root, Places(root, env(nil), "linux")...)
		check(t, root, all, want...)
		digest := one(t, all, "tiny-Q8_0").Digest
		if links && digest != sum(tiny(t, 3)) || !links && digest != "" {
			t.Errorf("links %v: digest %q", links, digest)
		}
		if f := one(t, all, "split"); len(f.Files) != 2 || f.Digest != "" {
			t.Errorf("%+v", f)
		}
		if f := one(t, all, "google/tiny"); f.Files[0] != filepath.Join(f.Path, "model.safetensors") || !slices.Contains(f.Files, filepath.Join(f.Path, "config.json")) {
			t.Error(f.Files)
		}
	}
}

func TestGPT4All(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, ".local", "share", "nomic.ai", "GPT4All")
	write(t, filepath.Join(dir, "tiny.gguf"), tiny(t, 1))
	write(t, filepath.Join(dir, "incomplete-large.gguf"), cut(tiny(t, 2)))
	write(t, filepath.Join(dir, "gpt4all-gpt-4.rmodel"), []byte("{}"))
	write(t, filepath.Join(dir, "gpt4all-0b2a.chat"), []byte{0xF5, 0xD5, 0x53, 0xCC})
	write(t, filepath.Join(dir, "localdocs_v3.db"), []byte("SQLite"))
	write(t, filepath.Join(dir, "nomic-embed.gguf"), kindOfModel(t, "general.architecture", "nomic-bert"))
	check(t, root, scan(t, root, Places(root, env(nil), "linux")...),
		wanted{GPT4All, "tiny", ".local/share/nomic.ai/GPT4All/tiny.gguf", nil},
		wanted{GPT4All, "incomplete-large", ".local/share/nomic.ai/GPT4All/incomplete-large.gguf", ErrIncomplete},
		wanted{GPT4All, "gpt4all-gpt-4", ".local/share/nomic.ai/GPT4All/gpt4all-gpt-4.rmodel", ErrCloud},
		wanted{GPT4All, "nomic-embed", ".local/share/nomic.ai/GPT4All/nomic-embed.gguf", source.ErrArchitecture},
	)
}

func TestJan(t *testing.T) {
	root := t.TempDir()
	data := filepath.Join(root, "jan data")
	write(t, filepath.Join(root, ".local", "share", "Jan", "settings.json"), []byte(`{"data_folder":`+quote(data)+`}`))
	models := filepath.Join(data, "llamacpp", "models")
	weights := tiny(t, 1)
	write(t, filepath.Join(models, "google", "tiny", "model.gguf"), weights)
	write(t, filepath.Join(models, "google", "tiny", "mmproj.gguf"), kindOfModel(t, "general.architecture", "clip"))
	write(t, filepath.Join(models, "google", "tiny", janFile), []byte("name: 'Tiny: it''s small' # yes\nsize_bytes: 5\nembedding: false\n"+
		"model_path: llamacpp/models/google/tiny/model.gguf\nmmproj_path: \"llamacpp/models/google/tiny/mmproj.gguf\"\nmodel_sha256: "+sum(weights)+"\ncapabilities:\n- tools\n"))
	elsewhere := write(t, filepath.Join(root, "elsewhere", "far.gguf"), tiny(t, 2))
	write(t, filepath.Join(models, "imported", janFile), []byte("model_path: "+elsewhere+"\n"))
	write(t, filepath.Join(models, "gone", janFile), []byte("name: Gone\nmodel_path: llamacpp/models/gone/model.gguf\n"))
	write(t, filepath.Join(models, "broken", janFile), []byte("model_path: |\n  a\n  b\n"))
	write(t, filepath.Join(models, "loose.gguf"), tiny(t, 3))
	usual := filepath.Join(root, ".local", "share", "Jan", "data", "llamacpp", "models")
	write(t, filepath.Join(usual, "old", "model.gguf"), tiny(t, 4))

	all := scan(t, root, Places(root, env(nil), "linux")...)
	check(t, root, all,
		wanted{Jan, "Tiny: it's small", "jan data/llamacpp/models/google/tiny/model.gguf", nil},
		wanted{Jan, "imported", "elsewhere/far.gguf", nil},
		wanted{Jan, "Gone", "jan data/llamacpp/models/gone/model.gguf", ErrMissing},
		wanted{Jan, "broken", "jan data/llamacpp/models/broken/model.yml", ErrManifest},
		wanted{Jan, "loose", "jan data/llamacpp/models/loose.gguf", nil},
		wanted{Jan, "model", ".local/share/Jan/data/llamacpp/models/old/model.gguf", nil},
	)
	if f := one(t, all, "Tiny: it's small"); f.Digest != sum(weights) || len(f.Extras.Projectors) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestLlamaCpp(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, ".cache", "llama.cpp")
	write(t, filepath.Join(dir, "ggml-org_tiny-GGUF_tiny-Q8_0.gguf"), tiny(t, 1))
	write(t, filepath.Join(dir, "ggml-org_tiny-GGUF_tiny-Q8_0.gguf.json"), []byte(`{"etag":"x"}`))
	write(t, filepath.Join(dir, "ggml-org_half.gguf.downloadInProgress"), cut(tiny(t, 2)))
	chosen := filepath.Join(root, "cache")
	write(t, filepath.Join(chosen, "chosen.gguf"), tiny(t, 3))
	check(t, root, scan(t, root, Places(root, env(map[string]string{"LLAMA_CACHE": chosen}), "linux")...),
		wanted{LlamaCpp, "ggml-org_tiny-GGUF_tiny-Q8_0", ".cache/llama.cpp/ggml-org_tiny-GGUF_tiny-Q8_0.gguf", nil},
		wanted{LlamaCpp, "ggml-org_half.gguf", ".cache/llama.cpp/ggml-org_half.gguf.downloadInProgress", ErrIncomplete},
		wanted{LlamaCpp, "chosen", "cache/chosen.gguf", nil},
	)
}

// Folders of the user's: what is deep among the downloads is somebody else's.
func TestUserFolders(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "models", "a", "b", "c", "d", "e", "deep.gguf"), tiny(t, 1))
	write(t, filepath.Join(root, "Downloads", "new.gguf"), tiny(t, 2))
	write(t, filepath.Join(root, "Downloads", "a", "b", "unpacked.gguf"), tiny(t, 3))
	write(t, filepath.Join(root, "Downloads", "a", "b", "c", "too-deep.gguf"), tiny(t, 4))
	write(t, filepath.Join(root, "Downloads", "letter.txt"), []byte("letter"))
	write(t, filepath.Join(root, "Downloads", "page.gguf"), []byte("<html>"))
	write(t, filepath.Join(root, "Downloads", "lora.gguf"), kindOfModel(t, "general.type", "adapter"))
	write(t, filepath.Join(root, "Downloads", "fetching.gguf.crdownload"), nil)
	write(t, filepath.Join(root, "Geladenes", "fertig.gguf"), tiny(t, 5))
	write(t, filepath.Join(root, ".config", "user-dirs.dirs"), []byte("# made by xdg-user-dirs-update\nXDG_DOWNLOAD_DIR=\"$HOME/Geladenes\"\n"))
	if err := fixture.New(fixture.Options{Seed: 6}).WriteShards(filepath.Join(root, "mine", "sharded")); err != nil {
		t.Fatal(err)
	}
	all := scan(t, root, append(Places(root, env(nil), "linux"), Place{Path: filepath.Join(root, "mine")})...)
	check(t, root, all,
		wanted{Folder, "deep", "models/a/b/c/d/e/deep.gguf", nil},
		wanted{Folder, "new", "Downloads/new.gguf", nil},
		wanted{Folder, "unpacked", "Downloads/a/b/unpacked.gguf", nil},
		wanted{Folder, "page", "Downloads/page.gguf", gguf.ErrNotGGUF},
		wanted{Folder, "lora", "Downloads/lora.gguf", source.ErrAdapter},
		wanted{Folder, "fetching.gguf", "Downloads/fetching.gguf.crdownload", ErrIncomplete},
		wanted{Folder, "fertig", "Geladenes/fertig.gguf", nil},
		wanted{Folder, "sharded", "mine/sharded", nil},
	)
	if f := one(t, all, "sharded").Files; base(f[:2]) != "model-00001-of-00002.safetensors model-00002-of-00002.safetensors" || len(f) < 4 {
		t.Error(f)
	}
}
