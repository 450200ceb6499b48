package vault

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
	"unicode/utf8"
)

// backupLine is one line of a backup: exactly one of its fields is there. A later version may add fields, with
// another version in the header.
type backupLine struct {
	Backup       *backupHeader       `json:"lamplight backup,omitempty"`
	Conversation *backupConversation `json:"conversation,omitempty"`
	Message      *backupMessage      `json:"message,omitempty"`
	Document     *backupDocument     `json:"document,omitempty"`
	Revision     *backupRevision     `json:"revision,omitempty"`
	Item         *backupItem         `json:"item,omitempty"`
	End          *backupEnd          `json:"end,omitempty"`
}

type backupHeader struct {
	Version int `json:"version"`
	Schema  int `json:"schema"` // of the vault that was written, for whoever looks into the file
}

type backupEnd struct {
	Lines int `json:"lines"` // before this one
}

type backupConversation struct {
	UID      UID   `json:"uid"`
	Title    exact `json:"title"`
	Folder   exact `json:"folder,omitempty"`
	Pinned   bool  `json:"pinned,omitempty"`
	Created  stamp `json:"created"`
	Changed  stamp `json:"changed"`
	Deleted  stamp `json:"deleted,omitempty"`
	Leaf     *UID  `json:"leaf,omitempty"`
	Lifetime int64 `json:"lifetime,omitempty"` // seconds

	Extra json.RawMessage `json:"extra,omitempty"` // since version 2, as the last fields of a message
}

type backupMessage struct {
	UID     UID     `json:"uid"`
	Parent  *UID    `json:"parent,omitempty"`
	Role    exact   `json:"role"`
	Text    exact   `json:"text"`
	State   uint8   `json:"state"`
	Model   exact   `json:"model,omitempty"`
	Tokens  []int32 `json:"tokens"`
	Created stamp   `json:"created"`

	Pinned  bool            `json:"pinned,omitempty"`
	Deleted stamp           `json:"deleted,omitempty"`
	Extra   json.RawMessage `json:"extra,omitempty"`
}

type backupDocument struct {
	UID     UID   `json:"uid"`
	Title   exact `json:"title"`
	Text    exact `json:"text"`
	Created stamp `json:"created"`
	Changed stamp `json:"changed"`
	Deleted stamp `json:"deleted,omitempty"`
}

type backupRevision struct {
	UID     UID   `json:"uid"`
	Note    exact `json:"note"`
	Title   exact `json:"title"`
	Text    exact `json:"text"`
	Created stamp `json:"created"`
}

type backupItem struct {
	UID     UID             `json:"uid"`
	Kind    exact           `json:"kind"`
	Name    exact           `json:"name"`
	Value   json.RawMessage `json:"value"`
	Created stamp           `json:"created"`
	Changed stamp           `json:"changed"`
	Deleted stamp           `json:"deleted,omitempty"`
}

// exact is a text that survives JSON also when it is not UTF-8: it is then an object with its bytes.
type exact string

type exactBytes struct {
	Bytes []byte `json:"bytes"`
}

// MarshalJSON writes the text.
func (x exact) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(x)) {
		return json.Marshal(string(x))
	}
	return json.Marshal(exactBytes{[]byte(x)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (x *exact) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return json.Unmarshal(b, (*string)(x))
	}
	var raw exactBytes
	err := json.Unmarshal(b, &raw)
	*x = exact(raw.Bytes)
	return err
}

// stamp is a time as the vault keeps it: milliseconds since 1970, of the years 1 to 9999, 0 for none.
type stamp int64

// UnmarshalJSON reads a time.
func (s *stamp) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*int64)(s)); err != nil {
		return err
	}
	if *s < -62135596800000 || *s > 253402300799999 {
		return fmt.Errorf("the time %d is out of range", *s)
	}
	return nil
}

func stampOf(t time.Time) stamp { return stamp(millis(t)) }
func (s stamp) time() time.Time { return fromMillis(int64(s)) }

// backupWriter writes the lines of a backup.
type backupWriter struct {
	ctx   context.Context
	v     *Vault
	w     io.Writer
	lines int
}

func (b *backupWriter) line(l backupLine) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if len(text) > maxBackupLine {
		return errors.New("a text is too large for a backup: export it, and shorten it")
	}
	b.lines++
	_, err = b.w.Write(append(text, '\n'))
	return err
}

func (b *backupWriter) all() error {
	if err := b.line(backupLine{Backup: &backupHeader{Version: backupVersion, Schema: len(steps)}}); err != nil {
		return err
	}
	if err := b.each(KindConversation, b.conversation); err != nil {
		return err
	}
	if err := b.each(KindDocument, b.document); err != nil {
		return err
	}
	if err := b.each(KindItem, b.item); err != nil {
		return err
	}
	return b.line(backupLine{End: &backupEnd{b.lines}})
}

// each calls f for every row of a kind, in a transaction of its own. A row that goes meanwhile is left out.
func (b *backupWriter) each(kind Kind, f func(t *txn, id int64) error) error {
	var ids []int64
	what := "read what is of kind " + string(kind)
	err := b.v.do(b.ctx, what, func(t *txn) error {
		return t.each("SELECT id FROM "+string(kind)+" ORDER BY id", nil, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	for _, id := range ids {
		if err != nil {
			return err
		}
		err = b.v.do(b.ctx, what, func(t *txn) error { return f(t, id) })
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
	}
	return err
}

func (b *backupWriter) conversation(t *txn, id int64) error {
	c, err := t.conversation(id)
	if err != nil {
		return err
	}
	var leaf *UID
	uids := map[int64]UID{}
	err = t.each("SELECT id, uid FROM message WHERE conversation = ?", []any{id}, func(scan func(...any) error) error {
		var id int64
		var u UID
		err := scan(&id, &u)
		uids[id] = u
		return err
	})
	if err != nil {
		return err
	}
	if u, ok := uids[c.Leaf]; ok {
		leaf = &u
	}
	err = b.line(backupLine{Conversation: &backupConversation{UID: c.UID, Title: exact(c.Title), Folder: exact(c.Folder),
		Pinned: c.Pinned, Created: stampOf(c.Created), Changed: stampOf(c.Changed), Deleted: stampOf(c.Deleted),
		Leaf: leaf, Lifetime: int64(c.Lifetime / time.Second), Extra: c.Extra}})
	if err != nil {
		return err
	}
	const query = "SELECT " + messageColumns + " FROM message m WHERE m.conversation = ? ORDER BY m.id"
	return t.each(query, []any{id}, func(scan func(...any) error) error {
		m, err := scanMessage(scan)
		if err != nil {
			return err
		}
		l := backupMessage{UID: m.UID, Role: exact(m.Role), Text: exact(m.Text), State: m.State, Model: exact(m.Model),
			Tokens: m.Tokens, Created: stampOf(m.Created), Pinned: m.Pinned, Deleted: stampOf(m.Deleted), Extra: m.Extra}
		if u, ok := uids[m.Parent]; ok {
			l.Parent = &u
		}
		return b.line(backupLine{Message: &l})
	})
}

func (b *backupWriter) document(t *txn, id int64) error {
	d, err := t.document(id)
	if err != nil {
		return err
	}
	err = b.line(backupLine{Document: &backupDocument{UID: d.UID, Title: exact(d.Title), Text: exact(d.Text),
		Created: stampOf(d.Created), Changed: stampOf(d.Changed), Deleted: stampOf(d.Deleted)}})
	if err != nil {
		return err
	}
	const query = "SELECT id, uid, note, title, text, created FROM revision WHERE document = ? ORDER BY id"
	return t.each(query, []any{id}, func(scan func(...any) error) error {
		r, err := scanRevision(scan)
		if err != nil {
			return err
		}
		return b.line(backupLine{Revision: &backupRevision{UID: r.UID, Note: exact(r.Note), Title: exact(r.Title),
			Text: exact(r.Text), Created: stampOf(r.Created)}})
	})
}

func (b *backupWriter) item(t *txn, id int64) error {
	i, err := t.item("id = ?", id)
	if err != nil {
		return err
	}
	return b.line(backupLine{Item: &backupItem{UID: i.UID, Kind: exact(i.Kind), Name: exact(i.Name), Value: i.Value,
		Created: stampOf(i.Created), Changed: stampOf(i.Changed), Deleted: stampOf(i.Deleted)}})
}

// backupReader reads the lines of a backup and gives the rows to a merger.
type backupReader struct {
	lines *bufio.Scanner
	n     int // lines read
	m     merger
}

func newBackupReader(plain io.Reader, m merger) *backupReader {
	r := &backupReader{lines: bufio.NewScanner(plain), m: m}
	r.lines.Buffer(nil, maxBackupLine+2)
	return r
}

// all reads to the end. What is wrong with the file is [ErrBackup], what is wrong with the vault is not.
func (r *backupReader) all() error {
	for r.lines.Scan() {
		var l backupLine
		d := json.NewDecoder(bytes.NewReader(r.lines.Bytes()))
		if r.n > 0 {
			d.DisallowUnknownFields() // the header's version has been seen
		}
		if err := d.Decode(&l); err != nil {
			return r.wrong(err)
		}
		switch {
		case r.n == 0 && l.Backup == nil:
			return r.wrong(errors.New("there is no header"))
		case r.n == 0 && l.Backup.Version < 1:
			return r.wrong(fmt.Errorf("there is no version %d", l.Backup.Version))
		case r.n == 0 && l.Backup.Version > backupVersion:
			return fmt.Errorf("%w: its version is %d, this program knows %d", ErrBackupNewer, l.Backup.Version, backupVersion)
		case l.End != nil:
			return r.end(*l.End)
		case r.n > 0:
			if err := r.row(l); errors.Is(err, ErrContent) {
				return r.wrong(err)
			} else if err != nil {
				return err
			}
		}
		r.n++
	}
	if err := r.lines.Err(); err != nil {
		return r.wrong(err)
	}
	return r.wrong(errors.New("the end is missing"))
}

func (r *backupReader) wrong(err error) error {
	return fmt.Errorf("%w: line %d: %w", ErrBackup, r.n+1, err)
}

// end checks the last line. The reader must come to its end, because age says only there whether the file was
// cut or has grown.
func (r *backupReader) end(e backupEnd) error {
	if e.Lines != r.n {
		return r.wrong(fmt.Errorf("there are %d lines before the end, and not %d", r.n, e.Lines))
	}
	if r.lines.Scan() {
		return r.wrong(errors.New("something follows the end"))
	}
	if err := r.lines.Err(); err != nil {
		return r.wrong(err)
	}
	err := r.m.finish()
	if errors.Is(err, ErrContent) {
		return r.wrong(err)
	}
	return err
}

func (r *backupReader) row(l backupLine) error {
	if err := l.check(); err != nil {
		return err
	}
	switch {
	case l.Conversation != nil:
		c := *l.Conversation
		return r.m.begin(Conversation{UID: c.UID, Title: string(c.Title), Folder: string(c.Folder), Pinned: c.Pinned,
			Created: c.Created.time(), Changed: c.Changed.time(), Deleted: c.Deleted.time(),
			Lifetime: time.Duration(c.Lifetime) * time.Second, Extra: c.Extra}, orZero(c.Leaf))
	case l.Message != nil:
		m := *l.Message
		return r.m.message(Message{UID: m.UID, Role: string(m.Role), Text: string(m.Text), State: m.State,
			Model: string(m.Model), Tokens: m.Tokens, Created: m.Created.time(), Pinned: m.Pinned, Deleted: m.Deleted.time(),
			Extra: m.Extra}, orZero(m.Parent))
	case l.Document != nil:
		d := *l.Document
		return r.m.addDocument(Document{UID: d.UID, Title: string(d.Title), Text: string(d.Text),
			Created: d.Created.time(), Changed: d.Changed.time(), Deleted: d.Deleted.time()})
	case l.Revision != nil:
		v := *l.Revision
		return r.m.revision(Revision{UID: v.UID, Note: string(v.Note), Title: string(v.Title), Text: string(v.Text),
			Created: v.Created.time()})
	case l.Item != nil:
		i := *l.Item
		return r.m.item(Item{UID: i.UID, Kind: ItemKind(i.Kind), Name: string(i.Name), Value: i.Value,
			Created: i.Created.time(), Changed: i.Changed.time(), Deleted: i.Deleted.time()})
	}
	return fmt.Errorf("%w: the line has nothing in it", ErrContent)
}

// check refuses what no vault has.
func (l backupLine) check() error {
	var u UID
	switch {
	case l.Conversation != nil:
		if u = l.Conversation.UID; l.Conversation.Lifetime < 0 || l.Conversation.Lifetime > math.MaxInt64/int64(time.Second) {
			return fmt.Errorf("%w: the lifetime %d is out of range", ErrContent, l.Conversation.Lifetime)
		}
	case l.Message != nil:
		u = l.Message.UID
	case l.Document != nil:
		u = l.Document.UID
	case l.Revision != nil:
		u = l.Revision.UID
	case l.Item != nil:
		if u = l.Item.UID; !json.Valid(l.Item.Value) {
			return fmt.Errorf("%w: an item has no value", ErrContent)
		}
	}
	if u == (UID{}) {
		return fmt.Errorf("%w: the uid is missing", ErrContent)
	}
	return nil
}

func orZero(u *UID) UID {
	if u == nil {
		return UID{}
	}
	return *u
}
