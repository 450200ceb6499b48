package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	fileName   = "jobs.json"
	workName   = "work"
	maxFile    = 1 << 20 // bytes of jobs.json
	maxJobs    = 200     // unended ones, beyond which Add refuses
	keptJobs   = 100     // ended ones, of which the oldest are forgotten
	maxField   = 4096    // bytes of a text in a job
	maxJobID   = 1 << 53 // the largest number that every reader of JSON keeps exact
	maxEntries = maxJobs + keptJobs + 1
)

// document is the content of jobs.json.
type document struct {
	Next int64 `json:"next"` // ID of the next job
	Jobs []Job `json:"jobs"`
}

// parse reads jobs.json, which anybody may have edited.
func parse(data []byte) (document, error) {
	var d document
	if len(data) > maxFile {
		return d, fmt.Errorf("%s is longer than %d bytes", fileName, maxFile)
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return document{}, fmt.Errorf("%s: %w", fileName, err)
	}
	if len(d.Jobs) > maxEntries {
		return document{}, fmt.Errorf("%s: %d jobs are too many", fileName, len(d.Jobs))
	}
	last := int64(0)
	for i := range d.Jobs {
		j := &d.Jobs[i]
		if err := j.check(); err != nil {
			return document{}, fmt.Errorf("%s: job %d: %w", fileName, i+1, err)
		}
		if j.ID <= 0 || j.ID > maxJobID {
			return document{}, fmt.Errorf("%s: job %d: id %d is out of range", fileName, i+1, j.ID)
		}
		for k := range i {
			if d.Jobs[k].ID == j.ID {
				return document{}, fmt.Errorf("%s: id %d is there twice", fileName, j.ID)
			}
		}
		last = max(last, j.ID)
		if j.State == Running { // when the program ended
			j.State = Waiting
		}
	}
	if d.Next <= last || d.Next > maxJobID+1 {
		d.Next = last + 1
	}
	return d, nil
}

// check looks at a job that anybody may have edited.
func (j *Job) check() error {
	switch j.State {
	case Waiting, Running, Paused, Done:
		if j.Failure != nil {
			return fmt.Errorf("it is %s and has failed", j.State)
		}
	case Failed:
		if j.Failure == nil {
			return errors.New("it has failed, and there is no error")
		}
		j.Failure.Text, j.Failure.Cause = cut(j.Failure.Text), cut(j.Failure.Cause)
	default:
		return fmt.Errorf("state %.40q is not known", j.State)
	}
	if len(j.Result) > maxField {
		return specError("a field is too long")
	}
	return j.Spec.check()
}

// cut makes a text fit for a job.
func cut(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxField)], "") }

func absolute(path string) bool { return filepath.IsAbs(path) && !strings.ContainsRune(path, 0) }

// load reads the file in dir; there may be none. One that cannot be read is set aside, because the program must start
// and somebody may want to look at it.
func load(dir string) (document, error) {
	path := filepath.Join(dir, fileName)
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return document{Next: 1}, nil
	}
	var d document
	if err == nil {
		d, err = parse(data)
	}
	if err != nil {
		if e := os.Rename(path, path+".damaged"); e != nil {
			return document{}, errors.Join(err, e)
		}
		return document{Next: 1}, nil
	}
	return d, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// save writes the file atomically: whoever reads it finds the old content or the new one.
func save(dir string, d document) error {
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".jobs-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which is no longer there once it is renamed
	defer f.Close()
	if _, err := f.Write(append(data, '\n')); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, fileName))
}

// sweep removes what interrupted jobs have left.
func sweep(dir string) error {
	old, _ := filepath.Glob(filepath.Join(dir, ".jobs-*.tmp")) // the pattern is right, and dir is searched literally otherwise
	for _, path := range old {
		_ = os.Remove(path)
	}
	work := filepath.Join(dir, workName)
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	return os.Mkdir(work, 0o700)
}
