package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lamplight/assistant"
)

// drawn writes rows as one would on paper.
func drawn(rows []listRow, title func(*talk) string) []string {
	var list []string
	for _, r := range rows {
		switch {
		case r.kind == headingRow:
			list = append(list, "# "+r.text)
		case r.kind == folderRow && r.folded:
			list = append(list, fmt.Sprintf("▸ %s (%d)", r.text, r.count))
		case r.kind == folderRow:
			list = append(list, fmt.Sprintf("▾ %s (%d)", r.text, r.count))
		case r.inFolder:
			list = append(list, "  "+title(r.talk))
		default:
			list = append(list, title(r.talk))
		}
	}
	return list
}

func TestListRows(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.ParseInLocation("2006-01-02 15:04", s, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	now := at("2026-11-26 09:30")
	type l = listed
	tests := map[string]struct {
		all    map[string]listed // by title; the order is that of the titles
		folded []string
		want   string
	}{
		"nothing":   {nil, nil, ""},
		"a new one": {map[string]l{"a": {}}, nil, "# Today|a"},
		"the edges of groups": {map[string]l{
			"a in the future": {changed: at("2026-12-24 20:00")},
			"b now":           {changed: now},
			"c midnight":      {changed: at("2026-11-26 00:00")},
			"d a minute ago":  {changed: at("2026-11-25 23:59")},
			"e yesterday":     {changed: at("2026-11-25 00:00")},
			"f before that":   {changed: at("2026-11-24 23:59")},
			"g seven days":    {changed: at("2026-11-19 00:00")},
			"h eight":         {changed: at("2026-11-18 23:59")},
			"i thirty":        {changed: at("2026-10-27 00:00")},
			"j more":          {changed: at("2026-10-26 23:59")},
			"k a month":       {changed: at("2026-10-01 00:00")},
			"l another":       {changed: at("2026-09-30 23:59")},
			"m last year":     {changed: at("2025-12-31 23:59")},
			"n before it":     {changed: at("2025-11-26 09:30")},
		}, nil, "# Today|a in the future|b now|c midnight|# Yesterday|d a minute ago|e yesterday|# Previous 7 days|f before that|g seven days|" +
			"# Previous 30 days|h eight|i thirty|# October 2026|j more|k a month|# September 2026|l another|# December 2025|m last year|# November 2025|n before it"},
		"a group is one, whatever comes between": {map[string]l{
			"a": {changed: at("2026-11-25 10:00")}, "b": {changed: now}, "c": {changed: at("2026-11-25 11:00")},
		}, nil, "# Today|b|# Yesterday|a|c"},
		"pins, folders and what is private": {map[string]l{
			"a": {changed: now},
			"b": {folder: "Work", changed: at("2020-01-01 00:00")},
			"c": {pinned: true, changed: at("2020-01-01 00:00")},
			"d": {folder: "garden"},
			"e": {private: true, pinned: true, folder: "Work"}, // it is on top whatever else it is
			"f": {pinned: true, folder: "Work"},
			"g": {folder: "Work"},
			"h": {folder: "work"}, // another one
		}, nil, "# Private|e|# Pinned|c|f|# Folders|▾ garden (1)|  d|▾ Work (2)|  b|  g|▾ work (1)|  h|# Today|a"},
		"folded": {map[string]l{
			"a": {folder: "Work"}, "b": {folder: "Work"}, "c": {folder: "Home"}, "d": {},
		}, []string{"Work", "gone"}, "# Folders|▾ Home (1)|  c|▸ Work (2)|# Today|d"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var all []listed
			titles := map[*talk]string{}
			for _, title := range slices.Sorted(maps.Keys(test.all)) {
				l := test.all[title]
				l.talk = &talk{}
				titles[l.talk] = title
				all = append(all, l)
			}
			folded := map[string]bool{}
			for _, name := range test.folded {
				folded[name] = true
			}
			if got := strings.Join(drawn(listRows(all, folded, now), func(k *talk) string { return titles[k] }), "|"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// A day is as long as it is: at the end of summer time it has 25 hours.
func TestUntilMidnight(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("this computer has no list of time zones:", err)
	}
	local := time.Local
	time.Local = zone
	t.Cleanup(func() { time.Local = local })
	for now, want := range map[string]time.Duration{
		"2026-11-26T23:59:00+01:00": time.Minute,
		"2026-11-26T00:00:00+01:00": 24 * time.Hour,
		"2026-10-25T00:00:00+02:00": 25 * time.Hour,
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := untilMidnight(at); got != want {
			t.Errorf("at %s it is %v", now, got)
		}
	}
}

// The rows of ten thousand conversations are arranged at every change.
func BenchmarkListRows(b *testing.B) {
	now := time.Now()
	var all []*talk
	for range 10_000 {
		all = append(all, newTalk(assistant.NewConversation(nil, nil)))
	}
	folded := map[string]bool{"3": true}
	for b.Loop() {
		list := make([]listed, len(all))
		for i, t := range all {
			list[i] = listed{talk: t, private: t.private, pinned: i%50 == 0, changed: now.Add(-time.Duration(i) * time.Hour)}
			if i%7 == 0 {
				list[i].folder = fmt.Sprint(i % 5)
			}
		}
		listRows(list, folded, now)
	}
}
