package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names of the files in a folder.
const (
	ConfigFile           = "config.json"
	GenerationConfigFile = "generation_config.json"
	ModelFile            = "model.safetensors"
	IndexFile            = "model.safetensors.index.json"
	TokenizerModelFile   = "tokenizer.model"
	TokenizerFile        = "tokenizer.json"
	TokenizerConfigFile  = "tokenizer_config.json"
	TemplateFile         = "chat_template.jinja"
)

// maxFile is the most bytes read of a file that is not mapped. Gemma 3's tokenizer.json, the largest of
// them, has 33 MB.
var maxFile = map[string]int64{
	ConfigFile:           4 << 20,
	GenerationConfigFile: 4 << 20,
	IndexFile:            64 << 20,
	TokenizerModelFile:   64 << 20,
	TokenizerFile:        256 << 20,
	TokenizerConfigFile:  64 << 20,
	TemplateFile:         4 << 20,
}

const maxShards = 4096

// Folder is an open Hugging Face model folder. It is safe for concurrent use until Close.
type Folder struct {
	dir   string
	files []*File
	names []string // of files
	index map[string]Tensor
}

// OpenFolder maps the weights of the model in dir: model.safetensors, or the files that
// model.safetensors.index.json names. The error wraps ErrNoModel when there is neither or no config.json.
func OpenFolder(dir string) (_ *Folder, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	f := &Folder{dir: dir, index: map[string]Tensor{}}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if !f.Has(ConfigFile) {
		// An unreadable folder has no readable config.json either; say what is the matter.
		if _, err := os.ReadDir(dir); err != nil {
			return nil, fmt.Errorf("safetensors: %w", err)
		}
		return nil, fmt.Errorf("safetensors: %s has no %s: %w", dir, ConfigFile, ErrNoModel)
	}
	weightMap, err := f.weightMap()
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	for _, name := range f.names {
		if err := f.open(name, weightMap); err != nil {
			return nil, err
		}
	}
	for tensor, name := range weightMap {
		if _, ok := f.index[tensor]; !ok {
			return nil, fmt.Errorf("safetensors: %s has no tensor %q that %s promises: %w",
				filepath.Join(dir, name), tensor, IndexFile, ErrMissingPart)
		}
	}
	return f, nil
}

// weightMap finds the model files. With an index it returns in which of them each tensor is.
func (f *Folder) weightMap() (map[string]string, error) {
	if f.Has(ModelFile) {
		f.names = []string{ModelFile}
		return nil, nil
	}
	if !f.Has(IndexFile) {
		return nil, fmt.Errorf("%s has neither %s nor %s: %w", f.dir, ModelFile, IndexFile, ErrNoModel)
	}
	b, err := f.Read(IndexFile)
	if err != nil {
		return nil, err
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(b, &index); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", filepath.Join(f.dir, IndexFile), ErrCorrupt, err)
	}
	for _, name := range index.WeightMap {
		if !plain(name) {
			return nil, fmt.Errorf("%s names the file %q, which is not a plain name in the same folder: %w",
				filepath.Join(f.dir, IndexFile), name, ErrCorrupt)
		}
		if !slices.Contains(f.names, name) {
			f.names = append(f.names, name)
		}
	}
	slices.Sort(f.names)
	if len(f.names) == 0 || len(f.names) > maxShards {
		return nil, fmt.Errorf("%s names %d files: %w", filepath.Join(f.dir, IndexFile), len(f.names), ErrCorrupt)
	}
	return index.WeightMap, nil
}

// plain reports whether name is that of a model file, without any folder.
func plain(name string) bool {
	return filepath.Base(name) == name && !strings.ContainsAny(name, `/\:`) && filepath.Ext(name) == ".safetensors"
}

// open maps the model file called name. Of a tensor that several files have, the index decides.
func (f *Folder) open(name string, weightMap map[string]string) error {
	file, err := Open(filepath.Join(f.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("safetensors: %s is not there: %w", filepath.Join(f.dir, name), ErrMissingPart)
	}
	if err != nil {
		return err
	}
	f.files = append(f.files, file)
	for _, t := range file.tensors {
		if weightMap == nil || weightMap[t.Name] == name {
			f.index[t.Name] = t
		}
	}
	return nil
}

// Close unmaps the weights. The Data of tensors must not be touched any more.
func (f *Folder) Close() error {
	var err error
	for _, file := range f.files {
		err = errors.Join(err, file.Close())
	}
	f.files, f.index = nil, nil
	return err
}

// Release gives the memory of mapped weights back to the system, which reads them again when they are touched.
func (f *Folder) Release() {
	for _, file := range f.files {
		file.Release()
	}
}

// Intact returns an error that wraps ErrTruncated when a file of weights has become shorter since OpenFolder.
func (f *Folder) Intact() error {
	for _, file := range f.files {
		if err := file.Intact(); err != nil {
			return err
		}
	}
	return nil
}

// Dir returns the absolute path of the folder.
func (f *Folder) Dir() string { return f.dir }

// Tensor returns the tensor called name.
func (f *Folder) Tensor(name string) (Tensor, bool) {
	t, ok := f.index[name]
	return t, ok
}

// Paths returns the absolute paths of the files that make up the model: the weights, config.json and what
// there is of the others that are named above.
func (f *Folder) Paths() []string {
	names := slices.Clone(f.names)
	for name := range maxFile {
		if f.Has(name) && (name != IndexFile || !slices.Contains(f.names, ModelFile)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		names[i] = filepath.Join(f.dir, name)
	}
	return names
}

// Has reports whether the folder has a file called name.
func (f *Folder) Has(name string) bool {
	info, err := os.Stat(filepath.Join(f.dir, name))
	return err == nil && info.Mode().IsRegular()
}

// Read returns the content of one of the files named above, except the weights. It wraps fs.ErrNotExist when
// the folder does not have it and ErrCorrupt when it is larger than any such file should be.
func (f *Folder) Read(name string) ([]byte, error) {
	path := filepath.Join(f.dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, fmt.Errorf("%s is not a regular file: %w", path, ErrCorrupt)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	limit := maxFile[name]
	var b bytes.Buffer
	b.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(file, limit+1)); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("%s is larger than %d MiB: %w", path, limit>>20, ErrCorrupt)
	}
	return b.Bytes(), nil
}

// Template returns the chat template, "" if the model has none: chat_template.jinja, or the one in
// tokenizer_config.json, of several the one called default.
func (f *Folder) Template() string {
	if b, err := f.Read(TemplateFile); err == nil {
		return string(b)
	}
	b, err := f.Read(TokenizerConfigFile)
	if err != nil {
		return ""
	}
	var config struct {
		Template json.RawMessage `json:"chat_template"`
	}
	if json.Unmarshal(b, &config) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(config.Template, &text) == nil {
		return text
	}
	var several []struct{ Name, Template string }
	if json.Unmarshal(config.Template, &several) != nil {
		return ""
	}
	for _, t := range several {
		if t.Name == "default" {
			return t.Template
		}
	}
	return ""
}

// License returns the licence in the front matter of README.md, the lines between the first two "---", or
// "" without one.
func (f *Folder) License() string {
	const readme = "README.md"
	if !f.Has(readme) {
		return ""
	}
	file, err := os.Open(filepath.Join(f.dir, readme))
	if err != nil {
		return ""
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, 64<<10))
	if err != nil {
		return ""
	}
	lines := strings.Split(string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))), "\n")
	if lines[0] != "---" {
		return ""
	}
	for _, line := range lines[1:] {
		if line == "---" {
			break
		}
		if value, ok := strings.CutPrefix(line, "license:"); ok {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}
