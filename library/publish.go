package library

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// publish moves the staged model into its place. The library is locked. A model with the same content
// whose files are gone or damaged is made whole, and a reference becomes the library's own: it keeps its place and
// what the user wrote on its card.
func (im *importer) publish(s *staging) error {
	old, found, err := im.predecessor()
	if err != nil {
		return err
	}
	id := old.ID
	if found {
		im.inherit(old)
	} else {
		id = unique(im.slug(), im.taken)
	}
	im.card.Imported = time.Now().UTC().Truncate(time.Second)
	if im.licence != "" {
		if err := createFile(filepath.Join(s.model, licenceName), []byte(im.licence)); err != nil {
			return err
		}
	}
	if err := im.l.publish(s, id, &im.card); err != nil {
		return err
	}
	im.model = Model{ID: id, Path: im.card.path(filepath.Join(im.l.dir, id)), Card: im.card}
	return nil
}

// predecessor finds the model whose place the new one takes: one with the same content, a reference in the trash too,
// or a reference to the same files, which have other content now. The library is locked.
func (im *importer) predecessor() (m Model, found bool, err error) {
	models, err := im.l.models(im.l.lookLocked)
	if err != nil {
		return Model{}, false, err
	}
	for _, m := range models {
		if m.Card.SHA256 == im.card.SHA256 {
			return m, true, nil
		}
	}
	for _, m := range models {
		if im.refer && m.Card.Reference && m.Path == im.card.path("") {
			return m, true, nil
		}
	}
	for _, t := range im.l.trash() {
		m, _, err := load(t.folder, t.id)
		if err == nil && m.Card.Reference && m.Card.SHA256 == im.card.SHA256 {
			return m, true, im.l.takeBack(t)
		}
	}
	return Model{}, false, nil
}

// inherit takes over what the user and other applications have on the card of a predecessor, and what was measured if
// the content is the same.
func (im *importer) inherit(old Model) {
	c := &im.card
	c.inherit(&old.Card)
	if c.SHA256 != old.Card.SHA256 {
		return
	}
	if c.App == "" {
		c.App = old.Card.App
	}
	if c.Extras == nil {
		c.Extras = old.Card.Extras
	}
	if im.licence == "" {
		im.licence, _ = readLicence(filepath.Join(im.l.dir, old.ID))
	}
}

// inherit takes over what the user has on an older card, and what was measured if the content is the same.
func (c *Card) inherit(old *Card) {
	c.Name, c.Notes, c.Tags, c.LastUsed, c.unknown = old.Name, old.Notes, old.Tags, old.LastUsed, old.unknown
	c.Adapters = old.Adapters
	if c.SHA256 == old.SHA256 {
		c.Speed, c.Receipt = old.Speed, old.Receipt
	}
}

// slug is made of the name and, because people keep several of one model, the quantization.
func (im *importer) slug() string {
	s := slug(im.card.Name)
	if q := slug(im.card.Quantization); im.card.Quantization != "" && !strings.Contains(s, q) {
		s = slug(im.card.Name + "-" + im.card.Quantization)
	}
	return s
}

// taken reports whether an ID belongs to something: a folder, a model in the trash, or the selected model
// that is gone, unless this is that model.
func (im *importer) taken(id string) bool {
	if _, err := os.Lstat(filepath.Join(im.l.dir, id)); err == nil {
		return true
	}
	s, ok := im.l.selection()
	return im.l.inTrash(id) || ok && s.ID == id && s.SHA256 != im.card.SHA256
}
