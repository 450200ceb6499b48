package discover

import "time"

// pace says when to tell of changes: soon after something appeared or vanished, but not for every one of many; and of
// a file that grows only once it has stopped, however long a download takes.
type pace struct {
	quiet   time.Duration // after the last file that appeared or vanished
	longest time.Duration // after the first one, even when there is no end of them
	still   time.Duration // after the last time that a file was written

	first, last time.Time // when something appeared or vanished that was not told of; zero: nothing did
	written     time.Time // when a file was last written, not told of
}

func (p *pace) appeared(now time.Time) {
	if p.last = now; p.first.IsZero() {
		p.first = now
	}
}

func (p *pace) wrote(now time.Time) { p.written = now }

// due returns when the next change is to be told of; it is false when there is none.
func (p *pace) due() (time.Time, bool) {
	var due time.Time
	if !p.first.IsZero() {
		due = p.last.Add(p.quiet)
		if end := p.first.Add(p.longest); end.Before(due) {
			due = end
		}
	}
	if !p.written.IsZero() {
		if at := p.written.Add(p.still); due.IsZero() || at.Before(due) {
			due = at
		}
	}
	return due, !due.IsZero()
}

// tell forgets what is due now and reports whether anything was.
func (p *pace) tell(now time.Time) bool {
	due, ok := p.due()
	if !ok || now.Before(due) {
		return false
	}
	p.first, p.last = time.Time{}, time.Time{}
	if !now.Before(p.written.Add(p.still)) {
		p.written = time.Time{}
	}
	return true
}
