package writing

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/privacy/vault"
)

func TestAccepted(t *testing.T) {
	v, ctx := openVault(t), t.Context()
	keep := func(taken bool, d ...Decision) {
		t.Helper()
		if _, err := Keep(ctx, v, taken, d); err != nil {
			t.Fatal(err)
		}
	}
	keep(true, Decision{"proofread", "Correct it.", "He go hom.", []Edit{{6, 9, "hom"}, {3, 5, "goes"}}})
	keep(true, Decision{"proofread", "Correct it.", "Other.", []Edit{{0, 5, "Another"}}}, Decision{"mine", "Shout.", "Other.", []Edit{{5, 6, "!"}}})
	keep(true, Decision{"proofread", "Correct it.", "He go hom.", []Edit{{7, 9, "x"}, {9, 9, "e"}, {8, 99, "x"}, {-1, 2, "x"}}})
	keep(false, Decision{"proofread", "Correct it.", "He go hom.", []Edit{{0, 2, "She"}}})
	keep(true, Decision{"continue", "Go on.", "It rains.", []Edit{{9, 9, " And so on."}}})
	if _, err := v.SetItem(ctx, vault.Accepted, "", "no list"); err != nil {
		t.Fatal(err)
	}
	got, err := Accepted(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	want := []Pair{
		{"Correct it.\n\nText:\nHe go hom.", "He goes home."},
		{"Correct it.\n\nText:\nOther.", "Another."},
		{"Shout.\n\nText:\nOther.", "Other!"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
