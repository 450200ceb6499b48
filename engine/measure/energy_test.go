package measure

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// domain writes a counter as the kernel shows it.
func domain(t *testing.T, dir, domain, name, energy, limit string) string {
	t.Helper()
	d := filepath.Join(dir, domain)
	if err := os.MkdirAll(d, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"name": name, "energy_uj": energy, "max_energy_range_uj": limit} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(d, file), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(d, "energy_uj")
}

func TestCounters(t *testing.T) {
	dir := t.TempDir()
	set := func(path, text string) {
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	one := domain(t, dir, "intel-rapl:0", "package-0", "1000000", "262143000000")
	two := domain(t, dir, "intel-rapl:1", "package-1", "262142000000", "262143000000")
	part := domain(t, dir, "intel-rapl:0:0", "core", "5", "262143000000")
	all := domain(t, dir, "intel-rapl:2", "psys", "5", "262143000000")
	c := openCounters(dir)
	if c == nil {
		t.Fatal("no counters were found")
	}
	set(one, "3500000")
	set(two, "500000") // it went round
	set(part, "9000000000")
	set(all, "9000000000")
	if j, ok := c.read(); !ok || math.Abs(j-4) > 1e-9 {
		t.Errorf("%v J, %v; want 4", j, ok)
	}
	set(one, "4000000")
	if j, ok := c.read(); !ok || math.Abs(j-4.5) > 1e-9 {
		t.Errorf("%v J, %v; want 4.5", j, ok)
	}
	set(two, "not a number")
	if j, ok := c.read(); ok {
		t.Errorf("%v J from a counter that cannot be read", j)
	}
}

func TestNoCounters(t *testing.T) {
	for name, c := range map[string]struct{ domain, kind, energy, limit string }{
		"nothing there":        {"dtpm", "package-0", "5", "10"},
		"only a part":          {"intel-rapl:0:0", "core", "5", "10"},
		"only the platform":    {"intel-rapl:1", "psys", "5", "10"},
		"energy not readable":  {"intel-rapl:0", "package-0", "", "10"},
		"no limit":             {"intel-rapl:0", "package-0", "5", ""},
		"a limit of nothing":   {"intel-rapl:0", "package-0", "0", "0"},
		"energy beyond limit":  {"intel-rapl:0", "package-0", "11", "10"},
		"negative energy":      {"intel-rapl:0", "package-0", "-1", "10"},
		"more than 64 bits":    {"intel-rapl:0", "package-0", "99999999999999999999999", "10"},
		"a name that is empty": {"intel-rapl:0", "", "5", "10"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			domain(t, dir, c.domain, c.kind, c.energy, c.limit)
			if c := openCounters(dir); c != nil {
				t.Errorf("counters %+v", c)
			}
		})
	}
}

// TestCost computes for a while: processor time goes by, and its joules are measured or follow from it.
func TestCost(t *testing.T) {
	m := Start()
	x := 1.0
	for cpuTime()-m.cpu < 20e6 {
		for range 100_000 {
			x = math.Sqrt(x + 1)
		}
	}
	c := m.Cost()
	if c.CPUSeconds < 0.02 || x == 0 {
		t.Errorf("%+v", c)
	}
	if !c.Measured && c.Joules != c.CPUSeconds*wattsPerCore {
		t.Errorf("the estimate is %+v", c)
	}
	if more := m.Cost(); more.CPUSeconds < c.CPUSeconds || more.Joules < c.Joules {
		t.Errorf("%+v after %+v", more, c)
	}
}
