package vault

import (
	"context"
	"time"
)

// Document is a text that is being written, with revisions to go back to.
type Document struct {
	ID                        int64
	UID                       UID
	Title, Text               string
	Created, Changed, Deleted time.Time // Deleted is when it went to the trash, zero if it is not there
}

// Revision is a document as it was at some time.
type Revision struct {
	ID          int64
	UID         UID
	Note        string // why it was kept
	Title, Text string
	Created     time.Time
}

const documentColumns = "id, uid, title, text, created, changed, deleted"

func scanDocument(scan func(...any) error) (Document, error) {
	var d Document
	var created, changed, deleted int64
	err := scan(&d.ID, &d.UID, &d.Title, &d.Text, &created, &changed, &deleted)
	d.Created, d.Changed, d.Deleted = fromMillis(created), fromMillis(changed), fromMillis(deleted)
	return d, err
}

func scanRevision(scan func(...any) error) (Revision, error) {
	var r Revision
	var created int64
	err := scan(&r.ID, &r.UID, &r.Note, &r.Title, &r.Text, &created)
	r.Created = fromMillis(created)
	return r, err
}

// NewDocument stores a document and returns it with its ID. UID, Created and Changed are made unless they are
// given.
func (v *Vault) NewDocument(ctx context.Context, d Document) (Document, error) {
	err := v.do(ctx, "store a document", func(t *txn) (err error) {
		d.UID, d.Created = d.UID.orRandom(), t.stamp(d.Created)
		if d.Changed.IsZero() {
			d.Changed = d.Created
		}
		d.Changed, d.Deleted = t.stamp(d.Changed), time.Time{}
		d.ID, err = t.insert(KindDocument, "uid, title, text, created, changed",
			d.UID[:], d.Title, d.Text, millis(d.Created), millis(d.Changed))
		return err
	})
	return d, err
}

// Document returns a document, also one in the trash.
func (v *Vault) Document(ctx context.Context, id int64) (d Document, err error) {
	err = v.do(ctx, "read a document", func(t *txn) error {
		d, err = t.document(id)
		return err
	})
	return d, err
}

func (t *txn) document(id int64) (Document, error) {
	return scanDocument(func(into ...any) error {
		return t.one("SELECT "+documentColumns+" FROM document WHERE id = ?", []any{id}, into...)
	})
}

// Documents lists the documents, the last changed first, without their texts.
func (v *Vault) Documents(ctx context.Context) (list []Document, err error) {
	const query = `SELECT id, uid, title, '', created, changed, deleted FROM document
		WHERE deleted = 0 ORDER BY changed DESC, id DESC`
	err = v.do(ctx, "list the documents", func(t *txn) error {
		return t.each(query, nil, func(scan func(...any) error) error {
			d, err := scanDocument(scan)
			list = append(list, d)
			return err
		})
	})
	return list, err
}

// SetDocument stores title and text of a document that is being written. It keeps no revision.
func (v *Vault) SetDocument(ctx context.Context, id int64, title, text string) error {
	return v.do(ctx, "store a document", func(t *txn) error {
		return t.update(KindDocument, id, "title = ?, text = ?, changed = ?", title, text, millis(t.now))
	})
}

// KeepRevision keeps the document as it is now. If it has not changed since the last revision, that one is
// returned.
func (v *Vault) KeepRevision(ctx context.Context, document int64, note string) (r Revision, err error) {
	err = v.do(ctx, "keep a revision", func(t *txn) error {
		d, err := t.document(document)
		if err != nil {
			return err
		}
		r, err = t.keep(d, note)
		return err
	})
	return r, err
}

func (t *txn) keep(d Document, note string) (Revision, error) {
	const last = `SELECT id, uid, note, title, text, created FROM revision WHERE document = ? ORDER BY id DESC LIMIT 1`
	var r Revision
	err := t.each(last, []any{d.ID}, func(scan func(...any) error) (err error) {
		r, err = scanRevision(scan)
		return err
	})
	if err != nil || r.ID != 0 && r.Title == d.Title && r.Text == d.Text {
		return r, err
	}
	r = Revision{UID: UID{}.orRandom(), Note: note, Title: d.Title, Text: d.Text, Created: t.now}
	r.ID, err = t.insert(KindRevision, "uid, document, note, title, text, created",
		r.UID[:], d.ID, r.Note, r.Title, r.Text, millis(r.Created))
	return r, err
}

// Revisions lists the revisions of a document, the last first, without their texts.
func (v *Vault) Revisions(ctx context.Context, document int64) (list []Revision, err error) {
	const query = `SELECT id, uid, note, title, '', created FROM revision WHERE document = ? ORDER BY id DESC`
	err = v.do(ctx, "list the revisions", func(t *txn) error {
		return t.each(query, []any{document}, func(scan func(...any) error) error {
			r, err := scanRevision(scan)
			list = append(list, r)
			return err
		})
	})
	return list, err
}

// Revision returns a revision with its text.
func (v *Vault) Revision(ctx context.Context, id int64) (r Revision, err error) {
	err = v.do(ctx, "read a revision", func(t *txn) error {
		r, _, err = t.revision(id)
		return err
	})
	return r, err
}

func (t *txn) revision(id int64) (r Revision, document int64, err error) {
	const query = `SELECT id, uid, note, title, text, created, document FROM revision WHERE id = ?`
	r, err = scanRevision(func(into ...any) error { return t.one(query, []any{id}, append(into, &document)...) })
	return r, document, err
}

// Revert gives the document of a revision the text that it had then. What it has now is kept as a revision
// first, with this note.
func (v *Vault) Revert(ctx context.Context, revision int64, note string) (d Document, err error) {
	err = v.do(ctx, "go back to a revision", func(t *txn) error {
		r, document, err := t.revision(revision)
		if err != nil {
			return err
		}
		if d, err = t.document(document); err != nil {
			return err
		}
		if _, err := t.keep(d, note); err != nil {
			return err
		}
		d.Title, d.Text, d.Changed = r.Title, r.Text, t.now
		return t.update(KindDocument, d.ID, "title = ?, text = ?, changed = ?", d.Title, d.Text, millis(d.Changed))
	})
	return d, err
}
