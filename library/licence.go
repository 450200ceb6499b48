package library

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lamplight/engine/source"
)

// licenceName is the file in a model's folder that has the text of its licence.
const licenceName = "licence.txt"

// maxLicence bounds the text. The GPL has 35 KB; what application stores hold is one licence, or a few.
const maxLicence = 256 << 10 // bytes

// licenceOf returns the text of a model's licence: what an application keeps beside the model, or what its own files
// say. It is empty where they say no more than the card has room for.
func licenceOf(src *source.Source, e *Extras) string {
	text := src.License()
	if e != nil && strings.TrimSpace(e.License) != "" {
		text = e.License
	}
	if len(text) > maxLicence {
		text = text[:maxLicence]
	}
	text = cleanLines(text, maxLicence)
	if text == cleanText(src.Facts().License) {
		return ""
	}
	return text
}

// Licence returns the text of a model's licence, or no more than its name where nothing else is known, or "". It is a
// stranger's text. Errors are ErrNotFound and those of the file system.
func (l *Library) Licence(id string) (string, error) {
	m, err := l.get(id)
	if errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("library: %w", err)
	}
	text, err := readLicence(filepath.Join(l.dir, id))
	if err != nil {
		return "", fmt.Errorf("library: licence of %s: %w", id, err)
	}
	if text == "" {
		text = m.Card.License
	}
	return text, nil
}

// readLicence reads the text in a model's folder, "" if there is none.
func readLicence(folder string) (string, error) {
	path := filepath.Join(folder, licenceName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLicence))
	return cleanLines(string(data), maxLicence), err
}
