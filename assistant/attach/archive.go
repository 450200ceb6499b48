package attach

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxDirectory = 4 << 20 // bytes of the list of what is in an archive
	maxDepth     = 512     // of elements in each other
)

// archive is a document that is a ZIP file of XML.
type archive struct {
	ctx   context.Context
	parts map[string]*zip.File
	left  int64 // bytes that may still be unpacked
}

func readArchive(ctx context.Context, r io.ReaderAt, size int64) (string, error) {
	if size > maxArchive {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	source := &thrifty{r: r, left: maxDirectory}
	z, err := zip.NewReader(source, size)
	if source.broke {
		return "", fmt.Errorf("%w: its directory", ErrTooLarge)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // no name in it is a path of ours
		return "", fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	source.left = 4 * maxArchive
	a := &archive{ctx: ctx, parts: map[string]*zip.File{}, left: maxUnpacked}
	for _, f := range z.File {
		name := strings.TrimPrefix(f.Name, "/")
		if _, twice := a.parts[name]; !twice {
			a.parts[name] = f
		}
	}
	return a.text()
}

// text says what document this is and reads it.
func (a *archive) text() (string, error) {
	switch kind, err := a.mimetype(); {
	case err != nil:
		return "", err
	case kind == "application/vnd.oasis.opendocument.text", kind == "application/vnd.oasis.opendocument.text-template":
		return a.odt()
	case kind != "":
		return "", ErrFormat
	case a.parts["[Content_Types].xml"] == nil:
		return "", ErrBinary
	}
	main, err := a.mainPart()
	if err != nil {
		return "", err
	}
	if a.parts[main] == nil {
		return "", ErrFormat // a table or a presentation
	}
	return a.docx(main)
}

// mimetype is what a document of the OpenDocument family says of itself, "" for others.
func (a *archive) mimetype() (string, error) {
	r, err := a.open("mimetype")
	if r == nil || err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, 200))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

// open begins to read a part. It is nil if there is no such part.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.parts[name]
	if f == nil {
		return nil, nil
	}
	if f.Flags&1 != 0 {
		return nil, ErrEncrypted
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return &unpacking{a, name, r}, nil
}

// unpacking is a part that is read. It ends with the context, and with ErrTooLarge when all parts together are.
type unpacking struct {
	a    *archive
	name string
	r    io.ReadCloser
}

func (u *unpacking) Read(b []byte) (int, error) {
	if err := u.a.ctx.Err(); err != nil {
		return 0, err
	}
	if u.a.left <= 0 {
		return 0, fmt.Errorf("%w: %s", ErrTooLarge, u.name)
	}
	n, err := u.r.Read(b[:min(int64(len(b)), u.a.left)])
	u.a.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %s: %w", ErrDamaged, u.name, err)
	}
	return n, err
}

func (u *unpacking) Close() error { return u.r.Close() }

// visitor looks at the elements of a part in their order.
type visitor interface {
	// start is called for an element, with its depth, the outermost being 1. Without a yes its content is passed over,
	// and end is not called for it.
	start(e xml.StartElement, depth int) (enter bool)
	end(e xml.EndElement, depth int)
	text(s string)
	// err ends the visit.
	err() error
}

// walk shows a part to v. A part that is missing has no elements.
func (a *archive) walk(name string, v visitor) error {
	r, err := a.open(name)
	if r == nil || err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	depth := 0
	skip := 0 // the depth of the element that is passed over, 0: none
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return a.fault(name, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return fmt.Errorf("%w: %s is nested too deeply", ErrDamaged, name)
			}
			if skip == 0 && !v.start(t, depth) {
				skip = depth
			}
		case xml.EndElement:
			switch skip {
			case 0:
				v.end(t, depth)
			case depth:
				skip = 0
			}
			depth--
		case xml.CharData:
			if skip == 0 {
				v.text(string(t))
			}
		case xml.Directive:
			return fmt.Errorf("%w: %s has a document type", ErrDamaged, name)
		}
		if err := v.err(); err != nil {
			return err
		}
	}
}

// fault names the part in an error of the XML decoder. Errors of what it reads from say it already.
func (a *archive) fault(name string, err error) error {
	if ctx := a.ctx.Err(); ctx != nil {
		return ctx
	}
	if errors.Is(err, ErrTooLarge) || errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
}

// attr is the value of an attribute, in any namespace, "" if there is none.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// thrifty reads a bounded number of bytes.
type thrifty struct {
	r     io.ReaderAt
	left  int64
	broke bool
}

func (t *thrifty) ReadAt(b []byte, at int64) (int, error) {
	if int64(len(b)) > t.left {
		t.broke = true
		return 0, ErrTooLarge
	}
	t.left -= int64(len(b))
	return t.r.ReadAt(b, at)
}
