package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"

	"lamplight/library/discover"
)

// found is a discover.Found as discover prints it.
type found struct {
	App     string   `json:"app"` // empty: none, the user's own folder
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	Path    string   `json:"path"`
	Files   []string `json:"files"`
	Bytes   int64    `json:"bytes"`
	Digest  string   `json:"sha256,omitempty"` // as the application claims it
	Extras  extras   `json:"extras"`
	Problem string   `json:"problem,omitempty"` // why lamp cannot run the model
}

// extras are discover.Extras as JSON names them.
type extras struct {
	Template   string          `json:"template,omitempty"`
	System     string          `json:"system,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
	Messages   json.RawMessage `json:"messages,omitempty"`
	License    string          `json:"license,omitempty"`
	Adapters   []string        `json:"adapters,omitempty"`
	Projectors []string        `json:"projectors,omitempty"`
}

func discoverModels(c *call) error {
	asJSON := c.Bool("json", false, "print a JSON array to standard output")
	folder := c.String("in", "", "`FOLDER` to search instead of where applications keep their models")
	if _, err := c.parse(); err != nil {
		return err
	}
	places, err := placesOf(*folder)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	list := []found{}
	for f := range discover.Scan(ctx, places) {
		if !*asJSON {
			c.list(f)
		}
		problem := ""
		if f.Problem != nil {
			problem = message(f.Problem)
		}
		list = append(list, found{f.App, f.Name, f.Aliases, f.Path, append([]string{}, f.Files...), f.Bytes, f.Digest, extras(f.Extras), problem})
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if *asJSON {
		return c.printJSON(list, "  ")
	}
	if len(list) == 0 {
		fmt.Fprintln(c.err, "no models were found")
	}
	return nil
}

// placesOf are the places that are searched: one folder, or where models usually are.
func placesOf(folder string) ([]discover.Place, error) {
	if folder != "" {
		path, err := filepath.Abs(folder)
		if err != nil {
			return nil, err
		}
		_, err = os.Stat(path)
		return []discover.Place{{Path: path}}, err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	return discover.Places(home, os.Getenv, runtime.GOOS), nil
}

// list shows a model to people.
func (c *call) list(f discover.Found) {
	app := f.App
	if app == discover.Folder {
		app = "folder"
	}
	names := strings.Join(append([]string{f.Name}, f.Aliases...), ", ")
	fmt.Fprintf(c.err, "%-12s  %-40s  %8.1f MB  %s\n", app, names, float64(f.Bytes)/1e6, printable(f.Path))
	if f.Problem != nil {
		fmt.Fprintf(c.err, "%-12s  cannot be used: %s\n", "", printable(message(f.Problem)))
	}
}

// printable leaves out what a terminal would take for a command: paths are as strangers named them.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}
