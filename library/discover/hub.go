package discover

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Hugging Face's cache has one folder for each model:
//
//	models--google--gemma-3-270m/refs/main                        the name of a revision
//	models--google--gemma-3-270m/snapshots/<revision>/config.json a link to ../../blobs/<digest>, or the file itself
//
// The name of a blob is its SHA-256 if it is large, as weights are.
const (
	snapshotsDir = "snapshots"
	refsDir      = "refs"
)

const (
	maxRefs     = 64
	maxRef      = 256 // bytes of the file
	shownOfHash = 7   // characters of a revision that stand for it
)

func isRepo(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, "models--") && len(name) > len("models--")
}

// snapshot is a revision of a model in the cache.
type snapshot struct {
	repo     string // its folder
	revision string
}

// snapshotOf finds the snapshot that path is in.
func snapshotOf(path string) (snapshot, bool) {
	for dir := path; ; dir = filepath.Dir(dir) {
		parent := filepath.Dir(dir)
		if parent == dir {
			return snapshot{}, false
		}
		if repo := filepath.Dir(parent); filepath.Base(parent) == snapshotsDir && isRepo(repo) {
			return snapshot{repo, filepath.Base(dir)}, true
		}
	}
}

// name is that of the model, "google/gemma-3-270m".
func (s snapshot) name() string {
	return strings.Join(strings.Split(strings.TrimPrefix(filepath.Base(s.repo), "models--"), "--"), "/")
}

// age is what tells an old revision from the current one, "" for the current one.
func (s snapshot) age() string {
	current := revisions(s.repo)
	if len(current) == 0 || slices.Contains(current, s.revision) {
		return ""
	}
	return "@" + s.revision[:min(len(s.revision), shownOfHash)]
}

// revisions are those that have a name, main first.
func revisions(repo string) []string {
	dir := filepath.Join(repo, refsDir)
	entries, _, err := readDir(dir, maxRefs)
	if err != nil {
		return nil // without them every revision counts the same
	}
	var list []string
	for _, e := range entries {
		data, err := readFile(filepath.Join(dir, e.Name()), maxRef)
		if err != nil {
			continue
		}
		revision := strings.TrimSpace(string(data))
		if e.Name() == "main" {
			list = slices.Insert(list, 0, revision)
		} else {
			list = append(list, revision)
		}
	}
	return list
}

// currentFirst puts the folders of current revisions before those of old ones, so that what both have belongs to the
// current one.
func currentFirst(repo string, folders []string) []string {
	current := revisions(repo)
	rank := func(path string) int {
		if i := slices.Index(current, filepath.Base(path)); i >= 0 {
			return i
		}
		return len(current)
	}
	slices.SortStableFunc(folders, func(a, b string) int { return rank(a) - rank(b) })
	return folders
}

var isSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString

// claimedDigest is the digest that the name of the blob claims to which a file of a snapshot links.
func claimedDigest(path string) string {
	target, err := os.Readlink(path)
	if err != nil || filepath.Base(filepath.Dir(target)) != blobsDir || !isSHA256(filepath.Base(target)) {
		return ""
	}
	return filepath.Base(target)
}
