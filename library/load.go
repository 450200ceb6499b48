package library

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lamplight/engine/source"
)

// look loads a model of the library without its lock. What then looks wrong may only have been moved between
// two looks, so it is looked at again under the lock.
func (l *Library) look(id string) (Model, error) {
	m, rebuilt, err := load(filepath.Join(l.dir, id), id)
	brought := l.own.Load()
	mine := brought == nil || id != BuiltInID || m.Digest() == brought.sha256
	if err == nil && !rebuilt && m.Err() == nil && mine {
		return m, nil
	}
	_ = l.locked(func() error { // fails on a read-only disk, where nothing moves
		if !mine {
			_ = l.place(brought) // what it is without that is seen below
		}
		m, err = l.lookLocked(id)
		return nil
	})
	return m, err
}

// lookLocked loads a model of the library, which is locked. A card that was rebuilt is stored and the damaged
// one set aside; where that fails it is rebuilt again next time.
func (l *Library) lookLocked(id string) (Model, error) {
	folder := filepath.Join(l.dir, id)
	m, rebuilt, err := load(folder, id)
	if err == nil && rebuilt {
		card := filepath.Join(folder, cardName)
		_ = os.Rename(card, card+".damaged")
		_ = l.writeCard(folder, &m.Card)
	}
	return m, err
}

// load reads the model in folder. A card that is damaged or missing is made anew from the model's files:
// rebuilt says that the one on the disk is not the one in m. ErrNotFound: there is neither card nor model.
func load(folder, id string) (m Model, rebuilt bool, err error) {
	m = Model{ID: id, Path: folder}
	card, cardErr := readCard(folder)
	if cardErr != nil {
		card, err = rebuild(folder)
		missing := errors.Is(cardErr, fs.ErrNotExist)
		nothing := errors.Is(err, ErrNoModel) || errors.Is(err, fs.ErrNotExist)
		switch {
		case err == nil:
			rebuilt = true
		case missing && nothing:
			return Model{}, false, fmt.Errorf("%s: %w", id, ErrNotFound)
		default:
			m.Card.Name = id
			m.Gone = nothing
			m.Damage = fmt.Errorf("%s: %w: %w (the card: %v)", id, ErrDamaged, err, cardErr)
			return m, false, nil
		}
	}
	m.Card = card
	m.Path = card.path(folder)
	m.Changed, err = card.look(folder)
	switch {
	case errors.Is(err, ErrGone):
		m.Gone = true
	case err != nil:
		m.Damage = fmt.Errorf("%s: %w", id, err)
	case card.Damage != "":
		m.Damage = fmt.Errorf("%s: %w: %s", id, ErrDamaged, card.Damage)
	}
	return m, rebuilt, nil
}

// rebuild makes a card from the model in folder. What only the lost card knew is gone: the name the user
// gave, and the digest, which takes a while and is computed when an import needs it.
func rebuild(folder string) (Card, error) {
	path, err := onlyModelIn(folder)
	if err != nil {
		return Card{}, err
	}
	src, err := source.Open(path)
	if err != nil {
		return Card{}, err
	}
	defer src.Close()
	parts, err := partsOf(src)
	if err != nil {
		return Card{}, err
	}
	card := describe(src, parts)
	if card.Name == "" {
		card.Name = cleanText(filepath.Base(folder))
	}
	if info, err := os.Stat(folder); err == nil {
		card.Imported = info.ModTime().UTC().Truncate(time.Second)
	}
	card.Source = path
	return card, card.check()
}

// part is one file of a model that is being imported or described.
type part struct {
	path string      // where the source has it
	name string      // in the model's folder
	info os.FileInfo // when it was first looked at
	sum  string      // SHA-256 in hexadecimal, once it has been read
}

// partsOf lists the files of an opened model in order of name.
func partsOf(src *source.Source) ([]part, error) {
	var parts []part
	for _, path := range src.Facts().Files {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		name := filepath.Base(path)
		if !plainName(name) || !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%q: %w", path, source.ErrNotModel)
		}
		parts = append(parts, part{path: path, name: name, info: info})
	}
	slices.SortFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	return parts, nil
}

// describe makes the card of an opened model with these parts, without a time, a source or a digest.
func describe(src *source.Source, parts []part) Card {
	facts, config := src.Facts(), src.Config()
	c := Card{
		Name:          facts.Name,
		Architecture:  facts.Architecture,
		Parameters:    facts.Parameters,
		Quantization:  facts.Quantization,
		ContextLength: config.ContextLength,
		Vocabulary:    config.Vocab,
		Tuning:        tuningOf(facts.Name, src.Template() != ""),
		License:       facts.License,
		Origin:        facts.Origin,
	}
	for _, p := range parts {
		c.Files = append(c.Files, File{Name: p.name, Bytes: p.info.Size(), SHA256: p.sum})
		c.Bytes += p.info.Size()
	}
	c.clean()
	return c
}
