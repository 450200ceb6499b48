package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Jan keeps a description beside each model, or instead of one that is elsewhere:
//
//	<data>/llamacpp/models/<organization>/<name>/model.yml
//
// Paths in it are relative to <data>.
const (
	janFile   = "model.yml"
	maxYAML   = 64 << 10 // bytes
	janLevels = 2        // of folders between <data> and the place: llamacpp/models
)

// described reports the model that Jan's description in f is about.
func (s *scanner) described(p Place, f folder) {
	if !f.has(janFile) {
		return
	}
	path := f.join(janFile)
	found := Found{App: Jan, Name: filepath.Base(f.path), Path: path}
	data, err := readFile(path, maxYAML)
	var d janModel
	if err == nil {
		d, err = parseJan(data)
	}
	if err != nil {
		found.Problem = fmt.Errorf("%s: %w: %w", path, ErrManifest, err)
		s.emit(found)
		return
	}
	base := p.Path
	for range janLevels {
		base = filepath.Dir(base)
	}
	place := func(path string) string {
		if path = filepath.FromSlash(path); filepath.IsAbs(path) {
			return filepath.Clean(path)
		}
		return filepath.Join(base, path)
	}
	if d.name != "" {
		found.Name = d.name
	}
	found.Path = place(d.model)
	info, err := os.Stat(found.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.Mode().IsRegular():
		found.Problem = fmt.Errorf("%s: %w", found.Path, ErrMissing)
	case err != nil:
		found.Problem = unreadable(err)
	default:
		found.Files, found.Digest = splitFiles(found.Path), d.digest
	}
	if d.projector != "" {
		if path := place(d.projector); regular(path) {
			found.Extras.Projectors = []string{path}
		}
	}
	s.emit(found)
}

func regular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// splitFiles returns path and, if it is a part of a split file, the parts beside it, in order.
func splitFiles(path string) []string {
	set := splitSet(filepath.Base(path))
	if set == "" {
		return []string{path}
	}
	entries, _, err := readDir(filepath.Dir(path), maxEntries)
	if err != nil {
		return []string{path}
	}
	var files []string
	for _, e := range entries {
		if part := filepath.Join(filepath.Dir(path), e.Name()); splitSet(e.Name()) == set && regular(part) {
			files = append(files, part)
		}
	}
	return files
}

// janModel is what a description says that matters here.
type janModel struct {
	name, model, projector string
	digest                 string // "" or a SHA-256
}

func parseJan(data []byte) (janModel, error) {
	values, err := parseYAML(data, "name", "model_path", "mmproj_path", "model_sha256")
	if err != nil {
		return janModel{}, err
	}
	d := janModel{values["name"], values["model_path"], values["mmproj_path"], strings.ToLower(values["model_sha256"])}
	if d.model == "" || strings.ContainsRune(d.model, 0) {
		return d, errors.New("it has no model_path")
	}
	if !isSHA256(d.digest) {
		d.digest = ""
	}
	return d, nil
}

var yamlLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*):(?:[ \t]+(.*))?$`)

// parseYAML returns the values of keys at the top of a YAML document, of those that are texts on one line. What else
// there is, such as lists, is passed over; a key that is wanted and has such a value, or two values, is an error.
func parseYAML(data []byte, wanted ...string) (map[string]string, error) {
	want := map[string]bool{}
	for _, key := range wanted {
		want[key] = true
	}
	values := map[string]string{}
	open := "" // the wanted key of the line before
	for n, line := range strings.Split(string(data), "\n") {
		line = strings.TrimRight(line, " \t\r")
		text := strings.TrimLeft(line, " \t")
		if text == "" || text[0] == '#' {
			continue
		}
		if open != "" && (text != line || strings.HasPrefix(line, "- ")) {
			return nil, fmt.Errorf("line %d: the value of %s has several lines", n+1, open)
		}
		open = ""
		m := yamlLine.FindStringSubmatch(line)
		if m == nil || !want[m[1]] {
			continue
		}
		if _, twice := values[m[1]]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", n+1, m[1])
		}
		value, err := yamlText(m[2])
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %w", n+1, m[1], err)
		}
		values[m[1]], open = value, m[1]
	}
	return values, nil
}

// yamlText reads a text that is written plainly or in quotes.
func yamlText(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "" || s[0] == '#' || s == "null" || s == "~":
		return "", nil
	case s[0] == '"':
		d := json.NewDecoder(strings.NewReader(s))
		var text string
		if err := d.Decode(&text); err != nil {
			return "", fmt.Errorf("%.80s is not a text in quotes", s)
		}
		return text, onlyComment(s[d.InputOffset():])
	case s[0] == '\'':
		rest := strings.ReplaceAll(s[1:], "''", "\x00") // two of them stand for one
		text, rest, ok := strings.Cut(rest, "'")
		if !ok || strings.ContainsRune(s, 0) {
			return "", fmt.Errorf("%.80s is not a text in quotes", s)
		}
		return strings.ReplaceAll(text, "\x00", "'"), onlyComment(strings.ReplaceAll(rest, "\x00", "''"))
	case strings.ContainsRune("|>&*![]{}@`%,?", rune(s[0])):
		return "", fmt.Errorf("%.80s is not a text on one line", s)
	}
	text, _, _ := strings.Cut(s, " #")
	return strings.TrimSpace(text), nil
}

func onlyComment(rest string) error {
	if rest = strings.TrimLeft(rest, " \t"); rest != "" && rest[0] != '#' {
		return fmt.Errorf("%.80s stands behind a text in quotes", rest)
	}
	return nil
}
