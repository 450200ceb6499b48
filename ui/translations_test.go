package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// silent are the calls whose first text is translated, or does not go to the window, by the name of what is
// called.
var silent = []string{"L", "N", "X", "XN", "Info", "Warn", "Error", "Debug", "Errorf", "New", "icon", "panic", "Sprint"}

// untranslated are names, and texts that are only measured.
var untranslated = []string{
	"Lamplight", "Gemma 3 270M", "Gemma 3 1B", "Gemma 3 4B",
	"org.freedesktop.Notifications", "/org/freedesktop/Notifications", ".GetServerInformation", "org.freedesktop.portal.Desktop", "org.freedesktop.portal.Settings.Read",
	"fyne:fileDialogLastFolder", "SQLite format 3",
	"A line of words as long as people like to read, and not much longer than that.",
}

// TestWordsAreTranslated looks for texts that go to the window without package lang.
func TestWordsAreTranslated(t *testing.T) {
	for _, pattern := range []string{"*.go", "*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, lit := range said(f) {
				if text, _ := strconv.Unquote(lit.Value); wordy(text) {
					t.Errorf("%s: %s goes to the window as it is; wrap it in lang.L", set.Position(lit.Pos()), lit.Value)
				}
			}
		}
	}
}

// said returns the texts of a file that may come before somebody's eyes.
func said(f *ast.File) []*ast.BasicLit {
	var list []*ast.BasicLit
	var walk func(n ast.Node)
	walk = func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field: // its tag
				return false
			case *ast.ValueSpec:
				if _, named := n.Type.(*ast.SelectorExpr); named { // a name of the theme
					return false
				}
			case *ast.CallExpr:
				name := ""
				switch f := n.Fun.(type) {
				case *ast.Ident:
					name = f.Name
				case *ast.SelectorExpr:
					name = f.Sel.Name
				}
				if slices.Contains(silent, name) {
					for _, arg := range n.Args[min(1, len(n.Args)):] {
						walk(arg)
					}
					return false
				}
			case *ast.KeyValueExpr:
				if _, ok := n.Key.(*ast.BasicLit); ok { // of a map
					walk(n.Value)
					return false
				}
			case *ast.CompositeLit:
				if array, ok := n.Type.(*ast.ArrayType); ok {
					if of, ok := array.Elt.(*ast.Ident); ok {
						if _, table := tables[of.Name]; table || of.Name == "tongue" { // translated where they are used, or names
							return false
						}
					}
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					list = append(list, n)
				}
			}
			return true
		})
	}
	walk(f)
	return list
}

// wordy reports whether a text is words of a language: two letters and a space between them, or a capital
// followed by a small letter.
func wordy(text string) bool {
	if slices.Contains(untranslated, text) {
		return false
	}
	r := []rune(text)
	for i := range r {
		if i+1 < len(r) && unicode.IsUpper(r[i]) && unicode.IsLower(r[i+1]) {
			return true
		}
		if i > 0 && i+1 < len(r) && r[i] == ' ' && unicode.IsLetter(r[i-1]) && unicode.IsLetter(r[i+1]) {
			return true
		}
	}
	return false
}

func TestWordy(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "lamp-on": false, ".gguf": false, "%.1f": false, "huggingface.co/a-b": false, "Lamplight": false,
		"Close": true, "no model": true, "Drop it": true, "#FFAA00": false, " · ": false,
	} {
		if wordy(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestSaid(t *testing.T) {
	const source = `package p
import "Imported"
const Key theme.Name = "Themed name"
type T struct { F string "Tag" }
func f() {
	NewLabel("Spoken one")
	lang.L("Translated one", map[string]any{"Name": g("Spoken two")})
	log.Info("Logged one", "key", h)
	m["Key"] = map[string]string{"Map key": "Spoken three"}
	_ = []complaint{{err, "In the table", none}}
}`
	f, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, lit := range said(f) {
		got = append(got, lit.Value)
	}
	if want := []string{`"Spoken one"`, `"Spoken two"`, `"key"`, `"Key"`, `"Spoken three"`}; !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
}
