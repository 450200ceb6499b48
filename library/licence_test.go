package library

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
)

// The text of a licence is kept in the model's folder, where its files or the application it is from have one.
func TestLicence(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, dir string) string
		app  string // what the application has
		want string
		file bool // there is more than the name on the card
	}{
		{"name", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) {})
		}, "", "mit", false},
		{"none", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) { m.Drop("general.license") })
		}, "", "", false},
		{"name and address", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) {
				m.Set("general.license.name", gguf.Scalar("Gemma Terms"))
				m.Set("general.license", gguf.Scalar("other"))
				m.Set("general.license.link", gguf.Scalar("https://example.org/terms"))
			})
		}, "", "Gemma Terms\nother\nhttps://example.org/terms", true},
		{"text in the file", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) { m.Set("general.license", gguf.Scalar("You may\r\nuse it.\x1b[0m\n")) })
		}, "", "You may\nuse it.[0m", true},
		{"of an application", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) {})
		}, "The MIT License …", "The MIT License …", true},
		{"beside the weights", func(t *testing.T, dir string) string {
			tinyFolder(t, dir)
			write(t, filepath.Join(dir, "LICENSE"), []byte("Be\xff kind.\n"))
			return dir
		}, "", "Be\uFFFD kind.", true},
		{"too long", func(t *testing.T, dir string) string {
			tinyFolder(t, dir)
			write(t, filepath.Join(dir, "LICENSE.md"), []byte(strings.Repeat("x", 2*maxLicence)))
			return dir
		}, "", strings.Repeat("x", maxLicence), true},
		{"a folder of that name", func(t *testing.T, dir string) string {
			tinyFolder(t, dir)
			if err := os.Mkdir(filepath.Join(dir, "LICENSE"), 0o755); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, sources := openTemp(t)
			path := c.make(t, sources)
			m := mustRefer(t, l, path, ReferOptions{Extras: &Extras{License: c.app}})
			for _, own := range []bool{false, true} {
				if own {
					m = mustImport(t, l, path)
				}
				got, err := l.Licence(m.ID)
				if err != nil || got != c.want {
					t.Errorf("%.100q, %v, want %.100q", got, err, c.want)
				}
				if _, err := os.Stat(filepath.Join(l.dir, m.ID, licenceName)); (err == nil) != c.file {
					t.Errorf("the file: %v, want one: %v", err, c.file)
				}
			}
		})
	}
	l, _ := openTemp(t)
	_, err := l.Licence("nothing")
	wantIs(t, err, ErrNotFound)
}
