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
)

// fyneKeys are the words of Fyne's own that can be seen: those of the menu of an entry and of the dialogs for files.
var fyneKeys = []string{
	"Cancel", "Copy", "Create Folder", "Cut", "Enter filename", "Error", "Favourites", "File", "Folder", "New Folder", "No", "OK", "Open",
	"Paste", "Redo", "Select all", "Show Hidden Files", "Undo", "Yes", "file.name", "file.parent",
}

// tables are the types of composite literals that hold English texts, and in which of their fields; the texts are
// translated where they are shown.
var tables = map[string]int{"complaint": 1}

// variable are the arguments of lang.L that are no text. What they may be is collected from tables or from package
// privacy; whoever adds one sees to that.
var variable = []string{"c.text", "r.Reason", "l.Name", "l.Does", "l.Checked", "c.Got", "c.Name", "s.Purpose"}

// key is a text that is translated.
type key struct {
	counted bool
	at      token.Position // where it was seen first
}

// parsed returns the files of a folder but for tests, for every system.
func parsed(t *testing.T, set *token.FileSet, patterns ...string) []*ast.File {
	t.Helper()
	var list []*ast.File
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, f)
		}
	}
	return list
}

// keys collects what the window says.
func keys(t *testing.T) map[string]key {
	t.Helper()
	all, set := map[string]key{}, token.NewFileSet()
	add := func(e ast.Expr, counted bool) bool {
		text, ok := constant(e)
		if !ok {
			return false
		}
		if k, known := all[text]; !known {
			all[text] = key{counted, set.Position(e.Pos())}
		} else if k.counted != counted {
			t.Errorf("%s: %q is counted in one place and not in another, see %s", set.Position(e.Pos()), text, k.at)
		}
		return true
	}
	for _, f := range parsed(t, set, "*.go", "*/*.go") {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name, ok := called(n)
				if !ok {
					break
				}
				if !add(n.Args[0], name == "N" || name == "XN") && !slices.Contains(variable, exprText(n.Args[0])) {
					t.Errorf("%s: nobody knows what %s may be, so it is not translated", set.Position(n.Pos()), exprText(n.Args[0]))
				}
			case *ast.CompositeLit:
				for _, e := range rowsOf(n) {
					if !add(e, false) {
						t.Errorf("%s: the text is no constant", set.Position(e.Pos()))
					}
				}
			}
			return true
		})
	}
	for _, f := range parsed(t, set, "../privacy/*.go") {
		for _, e := range reported(f) {
			add(e, false)
		}
	}
	for _, text := range fyneKeys {
		if _, ok := all[text]; !ok {
			all[text] = key{at: token.Position{Filename: "Fyne"}}
		}
	}
	return all
}

// called returns which function of package lang is called.
func called(n *ast.CallExpr) (name string, ok bool) {
	s, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || len(n.Args) == 0 {
		return "", false
	}
	of, ok := s.X.(*ast.Ident)
	return s.Sel.Name, ok && of.Name == "lang" && slices.Contains([]string{"L", "N", "X", "XN"}, s.Sel.Name)
}

// rowsOf returns the texts of a table.
func rowsOf(n *ast.CompositeLit) (list []ast.Expr) {
	array, ok := n.Type.(*ast.ArrayType)
	if !ok {
		return nil
	}
	of, ok := array.Elt.(*ast.Ident)
	if !ok {
		return nil
	}
	field, ok := tables[of.Name]
	if !ok {
		return nil
	}
	for _, row := range n.Elts {
		if row, ok := row.(*ast.CompositeLit); ok && len(row.Elts) > field {
			list = append(list, row.Elts[field])
		}
	}
	return list
}

// reported returns the texts of package privacy that stand in a report.
func reported(f *ast.File) (list []ast.Expr) {
	fields := []string{"Name", "Does", "Checked", "Reason", "Purpose"}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			array, ok := n.Type.(*ast.ArrayType)
			if of, isIdent := n.Type.(*ast.Ident); isIdent && (of.Name == "Layer" || of.Name == "Check" || of.Name == "Socket") || ok && exprText(array.Elt) == "Layer" || ok && exprText(array.Elt) == "Check" {
				ast.Inspect(n, func(n ast.Node) bool {
					if kv, ok := n.(*ast.KeyValueExpr); ok && slices.Contains(fields, exprText(kv.Key)) {
						list = append(list, kv.Value)
					}
					return true
				})
			}
			if ok && exprText(array.Elt) == "attempt" {
				for _, row := range n.Elts {
					list = append(list, row.(*ast.CompositeLit).Elts[0])
				}
			}
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if s, ok := left.(*ast.SelectorExpr); ok && slices.Contains(fields, s.Sel.Name) && i < len(n.Rhs) {
					list = append(list, n.Rhs[i])
				}
			}
		case *ast.CallExpr:
			if name := exprText(n.Fun); (name == "judge" || name == "attempt") && len(n.Args) > 0 {
				list = append(list, n.Args[0])
			}
		case *ast.FuncDecl:
			if n.Name.Name == "purpose" {
				ast.Inspect(n, func(n ast.Node) bool {
					if r, ok := n.(*ast.ReturnStmt); ok {
						list = append(list, r.Results...)
					}
					return true
				})
			}
		case *ast.ValueSpec:
			if len(n.Values) == 1 && (n.Names[0].Name == "refused" || n.Names[0].Name == "allowed") {
				list = append(list, n.Values[0])
			}
		}
		return true
	})
	return list
}

// constant returns the text of a literal, or of several that are put together.
func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.BinaryExpr:
		left, ok1 := constant(e.X)
		right, ok2 := constant(e.Y)
		return left + right, ok1 && ok2
	}
	return "", false
}

// exprText is how a name or a field of something is written.
func exprText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return exprText(e.X) + "." + e.Sel.Name
	}
	return ""
}
