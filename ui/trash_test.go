package ui

import (
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// trashed puts conversations into the trash of the vault, the last one first.
func (u *session) trashed(titles ...string) {
	u.t.Helper()
	for i := len(titles) - 1; i >= 0; i-- {
		id, _ := u.add(titles[i], "an answer")
		if err := u.Vault.Trash(u.t.Context(), vault.Ref{Kind: vault.KindConversation, ID: id}); err != nil {
			u.t.Fatal(err)
		}
	}
}

// inTrash counts what is in the trash of the vault.
func (u *session) inTrash() int {
	u.t.Helper()
	list, err := u.Vault.Trashed(u.t.Context())
	if err != nil {
		u.t.Fatal(err)
	}
	return len(list)
}

func TestTrashPage(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.tap("Trash")
	u.settle()
	u.mustSee("The trash is empty. What you delete can be brought back from here for 30 days.")
	u.mustNotSee("Tiny is ready.", "Delete this chat")
	u.tap("Back to the chat")
	u.mustNotSee("The trash is empty.")
	u.mustSee("Tiny is ready.", "Delete this chat")
	if _, err := u.Vault.NewDocument(t.Context(), vault.Document{Title: "A letter"}); err != nil {
		t.Fatal(err)
	}
	docs, err := u.Vault.Documents(t.Context())
	if err != nil || len(docs) != 1 {
		t.Fatal(len(docs), err)
	}
	if err := u.Vault.Trash(t.Context(), vault.Ref{Kind: vault.KindDocument, ID: docs[0].ID}); err != nil {
		t.Fatal(err)
	}
	u.trashed("one", "two\nlines", "three")
	u.tap("Trash")
	u.settle()
	u.mustSee("one", "twolines", "A letter", "Document · deleted for good on ",
		"Conversation · deleted for good on "+date(time.Now().Add(30*assistant.Day), time.Now()))

	u.press(fyne.KeyReturn, u.chat.trash.list) // by the keyboard: the first
	u.settle()
	u.mustSee("It was brought back.")
	if u.inTrash() != 3 || u.chat.all[len(u.chat.all)-1].title() == "New chat" {
		t.Errorf("%d are in the trash, the list has %q", u.inTrash(), u.titles())
	}
	u.press(fyne.KeyDown, u.chat.trash.list)
	second := u.chat.trash.all[1]
	u.press(fyne.KeyDelete, u.chat.trash.list)
	u.mustSee("Delete for good?", "Nobody can bring “"+trashedTitle(second)+"” back after this.")
	u.tap("Cancel")
	u.settle()
	if u.inTrash() != 3 {
		t.Error("it was deleted all the same")
	}
	u.press(fyne.KeyDelete, u.chat.trash.list)
	u.tap("Delete")
	u.settle()
	u.mustNotSee(trashedTitle(second))
	if u.inTrash() != 2 {
		t.Errorf("%d are in the trash", u.inTrash())
	}
	u.tap("Empty the trash…")
	u.mustSee("2 entries are deleted for good. Nobody can bring them back after this.")
	u.tap("Empty the trash")
	u.settle()
	u.mustSee("The trash is empty.")
	if u.inTrash() != 0 {
		t.Errorf("%d are in the trash", u.inTrash())
	}
	u.escape()
	u.mustNotSee("The trash is empty.")
}

// Whatever is clicked, a row does what its own buttons say.
func TestTrashByTheMouse(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.trashed("one", "two")
	u.tap("Trash")
	u.settle()
	u.chat.trash.list.Select(0)
	u.settle()
	if u.inTrash() != 2 {
		t.Error("a click has changed the trash")
	}
	first := trashedTitle(u.chat.trash.all[1]) // control finds the lowest
	test.Tap(u.control("Restore"))
	u.settle()
	if got := u.titles(); u.inTrash() != 1 || got[len(got)-1] != first {
		t.Errorf("%d are in the trash, the list has %q", u.inTrash(), got)
	}
	test.Tap(u.control("Delete for good"))
	u.tap("Delete")
	u.settle()
	if u.inTrash() != 0 {
		t.Error("it is still there")
	}
	u.choose(len(u.chat.all) - 1) // a conversation is shown again
	u.settle()
	u.mustNotSee("The trash is empty.")
}

// Undo and the trash bring the same conversation back, once.
func TestUndoAfterTheTrash(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.ask("one")
	u.answered()
	u.tap("Delete this chat")
	u.settle()
	u.chat.openTrash()
	u.settle()
	u.press(fyne.KeyReturn, u.chat.trash.list)
	u.settle()
	u.mustList("New chat", "one")
	u.tap("Undo")
	u.settle()
	u.mustList("New chat", "one")
	if u.chat.shown.title() != "one" {
		t.Errorf("%q is shown", u.chat.shown.title())
	}
}

func TestTrashOfALockedVault(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.trashed("one")
	u.tap("Trash")
	u.settle()
	if err := u.Vault.Close(); err != nil {
		t.Fatal(err)
	}
	u.press(fyne.KeyReturn, u.chat.trash.list)
	u.settle()
	u.mustSee("Your conversations are locked.")
	if _, err := u.Vault.Trashed(t.Context()); !errors.Is(err, vault.ErrLocked) {
		t.Error(err)
	}
}
