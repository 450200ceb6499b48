package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// This file is about encrypting the vault with a new key.

// askRotation says what it is for and what it costs.
func (k *keptView) askRotation() {
	w := k.p.w
	cancel := widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog)
	do := widgets.NewChipButton(icon("key"), lang.L("Encrypt anew"), func() {
		w.closeDialog()
		k.rotate()
	})
	body := container.NewVBox(
		paragraph(lang.L("This writes all your conversations once more, with a new key. It helps when somebody may have copied the key file, or knew what opens it: change the protection first, then do this.")),
		paragraph(lang.L("Whoever copied the conversations too can still read that copy.")),
		muted(lang.L("It takes as much room on the disk as your conversations do, for a while. Until it is done, nothing else can be read or written.")))
	w.showDialog(subheading(lang.L("Encrypt everything anew")), body, cancel, cancel, do)
}

// rotate writes the vault with a new key.
func (k *keptView) rotate() {
	if !k.start(lang.L("Encrypting everything anew. Your conversations wait until it is done…")) {
		return
	}
	w, v := k.p.w, k.p.w.Vault
	ctx, cancel := context.WithCancel(w.ctx)
	k.cancel = cancel
	w.inOrder(func() {
		watching, ended := context.WithCancel(ctx)
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			k.watchRotation(watching, v.Dir())
		}()
		err := v.Rotate(ctx)
		ended()
		<-watched
		cancel()
		_, state := v.Folders(context.Background())
		w.do(func() { k.rotated(v, err, errors.Is(state, vault.ErrLocked)) })
	})
}

// watchRotation says how far it is, by the sizes of the database and its copy.
func (k *keptView) watchRotation(ctx context.Context, dir string) {
	tick := time.NewTicker(rotationTick)
	defer tick.Stop()
	for said := ""; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text := rotationText(dir)
		if text == "" || text == said {
			continue
		}
		said = text
		k.p.w.do(func() {
			if ctx.Err() == nil {
				k.setBusy(text, theme.ColorNameForeground)
			}
		})
	}
}

const rotationTick = 500 * time.Millisecond

// rotationText says how far the rotation of a vault is, "" when that cannot be told.
func rotationText(dir string) string {
	before, err := os.Stat(filepath.Join(dir, vaultPrefix+"db"))
	now, errNow := os.Stat(filepath.Join(dir, vaultPrefix+"db.new"))
	if err != nil || errNow != nil || before.Size() == 0 {
		return ""
	}
	done := 100 * now.Size() / before.Size()
	if done >= 100 {
		return lang.L("Checking the copy. Your conversations wait until it is done…")
	}
	return lang.L("Encrypting everything anew: {{.Percent}} %. Your conversations wait until it is done…", map[string]any{"Percent": fmt.Sprint(done)})
}

// rotated says what came of it. An error may have closed the vault.
func (k *keptView) rotated(v *vault.Vault, err error, closed bool) {
	w := k.p.w
	switch {
	case v != w.Vault: // it was locked meanwhile, which took it back or let it end
		k.done("", theme.ColorNameForeground)
	case err == nil:
		w.Log.Info("vault rotated")
		k.done(lang.L("Done. Everything is encrypted with a new key."), theme.ColorNameSuccess)
	default:
		w.Log.Warn("the vault was not rotated", "error", err)
		k.done("", theme.ColorNameForeground)
		if closed {
			w.lockVault("error")
			w.lock.failed(err)
			return
		}
		w.complain(explainProtection(err), err)
	}
}
