package source

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxLicense is the most bytes that are read of a licence.
const maxLicense = 256 << 10

// licenseFiles are the names that licences have in folders.
var licenseFiles = []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "LICENCE.md", "COPYING"}

// License returns what the model's files say about its licence: the text of the file beside the weights in a folder;
// in a GGUF file its name and its address, which may be the whole text too. It is text from a stranger, "" where they
// say nothing.
func (s *Source) License() string { return strings.ToValidUTF8(s.files.license(), "\uFFFD") }

func (f ggufFiles) license() string {
	var lines []string
	for _, key := range []string{"general.license.name", "general.license", "general.license.link"} {
		text, _ := f.String(key)
		text = strings.TrimSpace(text[:min(len(text), maxLicense)])
		if text != "" && !slices.Contains(lines, text) {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

func (f *folderFiles) license() string {
	for _, name := range licenseFiles {
		path := filepath.Join(f.Dir(), name)
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(file, maxLicense))
		file.Close()
		if err == nil && len(text) > 0 {
			return string(text)
		}
	}
	return f.License()
}
