package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
)

// maxLog is the size at which a log is begun anew, the old one kept beside it.
const maxLog = 1 << 20

// openLog appends to the log at path. LAMPLIGHT_LOG=debug makes it talkative. No user's words go there.
func openLog(path string) (*slog.Logger, *os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, nil, err
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	level := slog.LevelInfo
	if os.Getenv("LAMPLIGHT_LOG") == "debug" {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: level})), f, nil
}
