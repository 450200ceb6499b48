package vault

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"golang.org/x/crypto/argon2"
)

// argon2id is the only function that turns passphrases into keys.
const argon2id = "argon2id"

// kdf says how a passphrase becomes a key. The parameters stand in the key file, which somebody may have
// changed: see check.
type kdf struct {
	Name    string `json:"name"`
	Memory  uint32 `json:"memory"`  // KiB
	Passes  uint32 `json:"passes"`  // over that memory
	Threads uint8  `json:"threads"` // that share each pass
	Salt    []byte `json:"salt"`
}

// What is accepted from a key file. Less than 64 MiB would make guessing cheap; more than the rest would let a
// file from a stranger take the machine's memory, or its time: maxWork passes over a KiB are about a minute.
const (
	minMemory  = 64 << 10 // KiB
	maxMemory  = 1 << 20  // KiB
	maxWork    = 64 << 20 // KiB times passes
	maxThreads = 64
	saltSize   = 16 // bytes
)

func (k kdf) check() error {
	switch {
	case k.Name != argon2id:
		return fmt.Errorf("kdf name %q, want %q", k.Name, argon2id)
	case k.Memory < minMemory || k.Memory > maxMemory:
		return fmt.Errorf("kdf memory %d KiB, want %d to %d", k.Memory, minMemory, maxMemory)
	case k.Passes < 1 || uint64(k.Passes)*uint64(k.Memory) > maxWork:
		return fmt.Errorf("kdf passes %d over %d KiB, want 1 to %d", k.Passes, k.Memory, maxWork/k.Memory)
	case k.Threads < 1 || k.Threads > maxThreads:
		return fmt.Errorf("kdf threads %d, want 1 to %d", k.Threads, maxThreads)
	case len(k.Salt) != saltSize:
		return fmt.Errorf("kdf salt of %d bytes, want %d", len(k.Salt), saltSize)
	}
	return nil
}

// derive returns the key of keySize bytes that belongs to a passphrase. k has been checked.
func (k kdf) derive(passphrase []byte) []byte {
	key := argon2.IDKey(passphrase, k.Salt, k.Passes, k.Memory, k.Threads, keySize)
	debug.FreeOSMemory() // up to a GiB that is needed once
	return key
}

const (
	tuneTime   = 700 * time.Millisecond // what unlocking may take
	tuneMemory = 256 << 10              // KiB; beyond it more passes are tried, a model wants memory too
)

// tuned returns parameters with which this machine takes about tuneTime, and a new salt. The least it returns,
// 64 MiB and 3 passes, is what RFC 9106 recommends where memory is scarce.
func tuned() kdf {
	k := kdf{Name: argon2id, Memory: minMemory, Passes: 3, Threads: uint8(min(4, runtime.GOMAXPROCS(0))), Salt: random(saltSize)}
	start := time.Now()
	k.derive([]byte("how fast is this machine?"))
	return k.grown(time.Since(start), tuneTime)
}

// grown returns parameters that take about as long as allowed, when k takes the time taken: more memory first,
// because that is what makes guessing costly, then more passes.
func (k kdf) grown(taken, allowed time.Duration) kdf {
	taken = max(taken, time.Millisecond)
	for k.Memory*2 <= tuneMemory && taken*2 <= allowed {
		k.Memory, taken = k.Memory*2, taken*2
	}
	if n := uint32(int64(k.Passes) * int64(allowed) / int64(taken)); n > k.Passes {
		k.Passes = min(n, maxWork/k.Memory)
	}
	return k
}
