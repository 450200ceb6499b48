package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"lamplight/privacy/vault"
)

// bounded is a list of JSON that is refused when it has too many elements, before they are in memory.
type bounded[T any] []T

// UnmarshalJSON reads a list, or null.
func (l *bounded[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	t, err := d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('[') {
		return fmt.Errorf("there is %.20q in the place of a list", b)
	}
	*l = (*l)[:0]
	for d.More() {
		if len(*l) >= maxMessages {
			return fmt.Errorf("%w: a list has more than %d elements", ErrTooLarge, maxMessages)
		}
		var x T
		if err := d.Decode(&x); err != nil {
			return err
		}
		*l = append(*l, x)
	}
	return nil
}

// meter lets a number of bytes through, and then fails.
type meter struct {
	from io.Reader
	left int64 // for the conversation that is being read
	all  int64 // for the file
}

func (m *meter) Read(b []byte) (int, error) {
	if m.left <= 0 || m.all <= 0 {
		return 0, ErrTooLarge
	}
	// All that fits, because a decoder looks at what it has again after each read.
	n, err := io.ReadFull(m.from, b[:min(int64(len(b)), m.left, m.all)])
	m.left -= int64(n)
	m.all -= int64(n)
	if n > 0 && err == io.ErrUnexpectedEOF { // without a byte it is what a compressed file says that was cut short
		err = nil
	}
	return n, err
}

// elements decodes the elements of a list that d stands before, one at a time. convert makes a conversation.
func elements[T any](d *json.Decoder, m *meter, convert func(T) (vault.Thread, error)) iter.Seq2[vault.Thread, error] {
	return func(yield func(vault.Thread, error) bool) {
		t, err := d.Token()
		if err != nil || t != json.Delim('[') {
			yield(vault.Thread{}, wrong(d, errors.Join(err, errors.New("there is no list of conversations"))))
			return
		}
		for m.left = maxPart; d.More(); m.left = maxPart {
			var x T
			if err := d.Decode(&x); err != nil {
				yield(vault.Thread{}, wrong(d, err))
				return
			}
			h, err := convert(x)
			if err != nil {
				err = wrong(d, err)
			}
			if !yield(h, err) || err != nil {
				return
			}
		}
		if _, err := d.Token(); err != nil { // a file that was cut ends here
			yield(vault.Thread{}, wrong(d, err))
		}
	}
}

// wrong says where in the file something is wrong.
func wrong(d *json.Decoder, err error) error {
	for _, is := range []error{ErrTooLarge, ErrNewer, ErrDamaged, ErrUnknown} {
		if errors.Is(err, is) {
			return fmt.Errorf("at byte %d: %w", d.InputOffset(), err)
		}
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: at byte %d: %w", ErrDamaged, d.InputOffset(), err)
}

// readJSON reads a file with one value.
func readJSON(path string, into any) error {
	f, err := vault.OpenFile(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d := json.NewDecoder(&meter{from: f, left: maxPart, all: maxPart})
	if err := d.Decode(into); err != nil {
		return wrong(d, err)
	}
	return nil
}

// reading opens a file, gives a decoder to read, and closes it in the end.
func reading(path string, read func(*json.Decoder, *meter) iter.Seq2[vault.Thread, error]) iter.Seq2[vault.Thread, error] {
	return func(yield func(vault.Thread, error) bool) {
		f, err := vault.OpenFile(path)
		if err != nil {
			yield(vault.Thread{}, err)
			return
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			yield(vault.Thread{}, err)
			return
		}
		m := &meter{from: f, left: maxPart, all: info.Size() + 1}
		read(json.NewDecoder(m), m)(yield)
	}
}
