package release

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/klauspost/compress/zstd"

	"otasuke/centre/internal/release/repo"
	"otasuke/rule/parse"
	"otasuke/wire"
)

const (
	// maxFiles of a bundle; a set of rules has some dozens.
	maxFiles = 1000
	// loadable is the share of rules that must load, in percent: fewer, and something is wrong
	// with the files.
	loadable = 90
)

// ErrBundle tells what is wrong with the files of a bundle.
var ErrBundle = errors.New("release: these files make no bundle")

// Bundle is what a release is made of.
type Bundle struct {
	Kind string
	// Dir has its files, without folders below it. A program is called otasuke.
	Dir string
	// Arch of a program, as "linux-amd64"; read from the program itself when empty.
	Arch string
	// Urgent does not wait for a company's quiet hours.
	Urgent bool
}

func (b *Bundle) name(version int64) string {
	if b.Kind == wire.BundleProgram {
		return fmt.Sprintf("%s/%s/%d.tar.zst", b.Kind, b.Arch, version)
	}
	return fmt.Sprintf("%s/%d.tar.zst", b.Kind, version)
}

// pack checks the files and makes an archive of them; the same files make the same bytes.
func (b *Bundle) pack() (data []byte, note string, err error) {
	if !wire.ValidBundleKind(b.Kind) {
		return nil, "", fmt.Errorf("%w: kind %q: rules, lists, applications, virus or program", ErrBundle, b.Kind)
	}
	entries, err := os.ReadDir(b.Dir)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrBundle, err)
	}
	files := map[string][]byte{}
	total := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if !e.Type().IsRegular() || len(files) == maxFiles {
			return nil, "", fmt.Errorf("%w: %s is no plain file, or there are over %d", ErrBundle, e.Name(), maxFiles)
		}
		text, err := os.ReadFile(filepath.Join(b.Dir, e.Name()))
		if err != nil {
			return nil, "", fmt.Errorf("%w: %w", ErrBundle, err)
		}
		if total += len(text); total > repo.MaxTarget {
			return nil, "", fmt.Errorf("%w: over %d MiB", ErrBundle, repo.MaxTarget>>20)
		}
		files[e.Name()] = text
	}
	if len(files) == 0 {
		return nil, "", fmt.Errorf("%w: %s is empty", ErrBundle, b.Dir)
	}
	if note, err = b.check(files); err != nil {
		return nil, "", err
	}
	data, err = archive(files)
	return data, note, err
}

// check says what the files are, or what is wrong with them. The box looks closer.
func (b *Bundle) check(files map[string][]byte) (note string, err error) {
	switch b.Kind {
	case wire.BundleRules:
		return checkRules(files)
	case wire.BundleLists, wire.BundleApplications:
		var any map[string]any
		name := b.Kind + ".toml"
		if files[name] == nil {
			return "", fmt.Errorf("%w: %s is missing", ErrBundle, name)
		}
		if err := toml.Unmarshal(files[name], &any); err != nil {
			return "", fmt.Errorf("%w: %s: %w", ErrBundle, name, err)
		}
	case wire.BundleProgram:
		return b.checkProgram(files)
	}
	return fmt.Sprintf("%d files", len(files)), nil
}

func checkRules(files map[string][]byte) (string, error) {
	good, bad := 0, 0
	for name, text := range files {
		if !strings.HasSuffix(name, ".rules") {
			continue
		}
		rules, refused := parse.Rules(name, text, parse.Options{Open: beside(files)})
		good, bad = good+len(rules), bad+len(refused)
	}
	if good == 0 || good*100 < loadable*(good+bad) {
		return "", fmt.Errorf("%w: %d rules load, %d do not", ErrBundle, good, bad)
	}
	return fmt.Sprintf("%d rules, %d left out", good, bad), nil
}

// machines are the processors that a box may have.
var machines = map[elf.Machine]string{elf.EM_X86_64: "linux-amd64", elf.EM_AARCH64: "linux-arm64"}

func (b *Bundle) checkProgram(files map[string][]byte) (string, error) {
	f, err := elf.NewFile(bytes.NewReader(files["otasuke"]))
	if err != nil || len(files) != 1 {
		return "", fmt.Errorf("%w: a program is one file, otasuke: %w", ErrBundle, err)
	}
	arch := machines[f.Machine]
	if arch == "" || b.Arch != "" && b.Arch != arch {
		return "", fmt.Errorf("%w: it is for %s", ErrBundle, f.Machine)
	}
	b.Arch = arch
	return arch, nil
}

func archive(files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	w := tar.NewWriter(z)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		mode := int64(0o644)
		if name == "otasuke" {
			mode = 0o755
		}
		head := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(files[name])), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if err := w.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("release: %w", err)
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, fmt.Errorf("release: %w", err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	return out.Bytes(), nil
}

// beside opens lists that rules name, which are files of the same bundle.
func beside(files map[string][]byte) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := files[filepath.Base(name)]; ok {
			return text, nil
		}
		return nil, fmt.Errorf("%w: %q", os.ErrNotExist, name)
	}
}
