//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // the vault's encryption

	"lamplight/privacy/vault"
)

// TestFirstSchema starts the program with a vault of the first schema, which package vault keeps for good: it lists
// its conversation and shows it.
func TestFirstSchema(t *testing.T) {
	p := start(t, options{before: func(p *program) {
		db, err := os.ReadFile("../../privacy/vault/testdata/schema1.db")
		must(t, err)
		must(t, os.WriteFile(p.dir("data/lamplight/vault.db"), db, 0o600))
		key := bytes.Repeat([]byte{7}, 32)
		must(t, os.WriteFile(p.dir("data/lamplight/vault.key"), keyFile(key), 0o600))
		keepForEver(t, p.dir("data/lamplight/vault.db"), key)
	}})
	p.await(`msg="history read" conversations=1`)
	p.tabTo(talks)
	p.key("Home") // it is pinned
	p.key("Return")
	const answer = "潮は月のせいです。"
	p.until("the conversation", func() bool { l := p.look(); return l.turns == 2 && l.written == len(answer) })
	p.shot("opened")
	p.quit()

	v := p.openVault(t)
	hits, err := v.Search(t.Context(), "naive", 10)
	must(t, err)
	if len(hits) != 1 || hits[0].Kind != vault.KindDocument {
		t.Errorf("found was %v", hits)
	}
	must(t, v.Check(t.Context()))
	must(t, v.Close())
}

// keyFile is vault.key with the key as it is.
func keyFile(key []byte) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "lamplight vault key\nversion 1\nprotection file\naccount \nkey  %x\n", key))
	return fmt.Appendf(nil, `{"version":1,"protection":"file","key":{"text":%q},"sum":"%x"}`, base64.StdEncoding.EncodeToString(key), sum[:8])
}

// keepForEver takes the lifetime of the conversations, which is over, away, without a look at the schema.
func keepForEver(t *testing.T, path string, key []byte) {
	t.Helper()
	db, err := driver.Open(fmt.Sprintf("file:%s?vfs=adiantum&hexkey=%x", path, key))
	must(t, err)
	_, err = db.Exec("UPDATE conversation SET lifetime = 0")
	must(t, err)
	must(t, db.Close())
}
