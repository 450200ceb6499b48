package assets

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"
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

func TestSymbols(t *testing.T) {
	all := Symbols()
	if len(all) < 60 {
		t.Fatalf("there are %d symbols", len(all))
	}
	for name, data := range all {
		if err := xml.Unmarshal(data, new(struct{ XMLName xml.Name })); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A receipt of last year is compared with one of today, so the text does not change. Whoever writes another one gives
// it another name.
func TestReceiptText(t *testing.T) {
	text := ReceiptText()
	if n := len(strings.Fields(text)); n < 2000 || n > 3000 {
		t.Errorf("%d words", n)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); sum != "280b841f3fb49426db505614c3b25b8c9f4e340cf0cc6ba4a4874da05eccb84b" {
		t.Errorf("%s has changed: %s", ReceiptName, sum)
	}
}
