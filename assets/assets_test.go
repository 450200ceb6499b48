package assets

import (
	"encoding/xml"
	"io/fs"
	"strings"
	"testing"
)

func TestIcons(t *testing.T) {
	files, err := fs.Glob(icons, "icons/*.svg")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(f, "icons/"), ".svg")
		if err := xml.Unmarshal(Icon(name), new(struct{ XMLName xml.Name })); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
