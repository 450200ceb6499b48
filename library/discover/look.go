package discover

import (
	"context"
	"fmt"
	"hash/maphash"
	"os"
	"path/filepath"
)

// eachFolder calls visit for every folder that a search of place reads, those of manifests in Ollama's store too. Of
// the files in them those are listed that could make a difference to what is found.
func eachFolder(ctx context.Context, place Place, visit func(folder)) {
	w := place.walker(ctx)
	w.walk(place.Path, func(f folder) bool {
		visit(f)
		if f.store {
			m := walker{ctx: ctx, depth: manifestDepth, left: maxEntries, keep: func(string) bool { return true }}
			m.walk(f.join(manifestsDir), func(f folder) bool {
				visit(f)
				return true
			})
		}
		return true
	})
}

// sight is what places looked like: hashes of the names of files and of how far they are written.
type sight struct{ names, content uint64 }

var seed = maphash.MakeSeed()

func look(ctx context.Context, places []Place) sight {
	var names, content maphash.Hash
	names.SetSeed(seed)
	content.SetSeed(seed)
	for _, p := range places {
		eachFolder(ctx, p, func(f folder) {
			fmt.Fprintf(&names, "%q %v\n", f.path, f.err != nil)
			for _, e := range f.files {
				fmt.Fprintf(&names, "%q %v\n", e.name, e.lost)
				if info, err := os.Stat(filepath.Join(f.path, e.name)); err == nil {
					fmt.Fprintln(&content, info.Size(), info.ModTime().UnixNano())
				}
			}
		})
	}
	return sight{names.Sum64(), content.Sum64()}
}

// looker tells from one look to the next whether there is something to tell of: at once that a file appeared or
// vanished, and that one was written when it is no longer being written.
type looker struct{ told, last sight }

func (l *looker) changed(now sight) bool {
	still := now == l.last
	l.last = now
	if now == l.told || now.names == l.told.names && !still {
		return false
	}
	l.told = now
	return true
}
