package publish

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/signintech/gopdf"
)

// Fonts are what text is set in: TrueType files. What is used of them goes into the PDF.
type Fonts struct{ Regular, Bold []byte }

// ErrLetters is returned for text with letters that the fonts do not have.
var ErrLetters = errors.New("the fonts have no letters for this text")

// Measures in points, 1/72 inch.
const (
	margin    = 72.0
	textSize  = 15.0
	titleSize = 26.0
	headSize  = 19.0
	footSize  = 9.0
	leading   = 1.5 // height of a line, in sizes of its letters
)

// PDF sets the page on paper of the size A4, as many sheets as it needs.
func PDF(p Page, f Fonts) ([]byte, error) {
	s := &setter{pdf: &gopdf.GoPdf{}}
	s.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	s.pdf.SetInfo(gopdf.PdfInfo{Title: visible(p.Title), Producer: "Lamplight"})
	for name, data := range map[string][]byte{"regular": f.Regular, "bold": f.Bold} {
		if err := s.pdf.AddTTFFontData(name, data); err != nil {
			return nil, fmt.Errorf("publish: font: %w", err)
		}
	}
	s.newSheet()
	s.block("bold", titleSize, p.Title, 0)
	for _, b := range p.Blocks {
		if b.Heading {
			s.block("bold", headSize, b.Text, headSize)
		} else {
			s.block("regular", textSize, b.Text, textSize*0.7)
		}
	}
	s.block("regular", footSize, p.Foot, 2*textSize)
	if s.err != nil {
		return nil, fmt.Errorf("publish: %w", s.err)
	}
	data, err := s.pdf.GetBytesPdfReturnErr()
	if err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	return data, nil
}

// setter sets text from top to bottom. After an error it does nothing.
type setter struct {
	pdf *gopdf.GoPdf
	y   float64 // of the next line
	err error
}

func (s *setter) newSheet() {
	s.pdf.AddPage()
	s.y = margin
}

// block sets text under what is there, with some space above it.
func (s *setter) block(font string, size float64, text string, above float64) {
	text = visible(text)
	if s.err != nil || text == "" {
		return
	}
	if s.err = s.pdf.SetFont(font, "", size); s.err != nil {
		return
	}
	for _, r := range text {
		if has, err := s.pdf.IsCurrFontContainGlyph(r); err != nil || !has {
			s.err = ErrLetters
			return
		}
	}
	if s.y > margin {
		s.y += above
	}
	lines, err := s.lines(text)
	if s.err = err; err != nil {
		return
	}
	for i, line := range lines {
		least := size * leading
		switch { // nothing stays alone at the foot of a sheet
		case size == headSize:
			least += 2 * textSize * leading
		case i == 0 && len(lines) > 1:
			least *= 2
		}
		if s.y+least > gopdf.PageSizeA4.H-margin {
			s.newSheet()
		}
		s.pdf.SetXY(margin, s.y)
		if s.err = s.pdf.Cell(nil, line); s.err != nil {
			return
		}
		s.y += size * leading
	}
}

// lines breaks text where it fits between the margins, between words where that is possible.
func (s *setter) lines(text string) (lines []string, err error) {
	width := gopdf.PageSizeA4.W - 2*margin
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		next := strings.TrimPrefix(line+" "+word, " ")
		w, err := s.pdf.MeasureTextWidth(next)
		if err != nil {
			return nil, err
		}
		if w <= width {
			line = next
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		parts, err := s.pieces(word, width)
		if err != nil {
			return nil, err
		}
		lines, line = append(lines, parts[:len(parts)-1]...), parts[len(parts)-1]
	}
	return append(lines, line), nil
}

// pieces cuts a word that is wider than a line.
func (s *setter) pieces(word string, width float64) (parts []string, err error) {
	from, before := 0, 0.0
	for i, r := range word {
		w, err := s.pdf.MeasureTextWidth(string(r))
		if err != nil {
			return nil, err
		}
		if before+w > width && i > from {
			parts, from, before = append(parts, word[from:i]), i, 0
		}
		before += w
	}
	return append(parts, word[from:]), nil
}

// visible is text on one line, without characters that are not drawn.
func visible(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
