// Checks a log that Cairn wrote with the packages of Go's checksum database (golang.org/x/mod/sumdb): other people's
// code for notes, tiles, inclusion and consistency proofs. Nothing here shares a line with the Swift that wrote the
// files. The Swift tests build and run it.
//
//	sumdb check POLICY LOG PROOFS    checks LOG/{checkpoint,tile}, and of PROOFS
//	                                   *.tlog-proof   each inclusion proof, for the entry in its "extra" line
//	                                   *.checkpoint   each earlier checkpoint
//	                                   *.consistency  each add-checkpoint body, against the earlier checkpoint
//	sumdb sign NAME                  makes a key, signs a note, and prints secret key, verifier key and note
//
// Every failure ends the program with status 1.
package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 5 && os.Args[1] == "check":
		err = check(os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 3 && os.Args[1] == "sign":
		err = sign(os.Args[2])
	default:
		err = fmt.Errorf("usage: sumdb check POLICY LOG PROOFS | sumdb sign NAME")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sumdb:", err)
		os.Exit(1)
	}
}

func check(policyFile, log, proofs string) error {
	policy, err := readPolicy(policyFile)
	if err != nil {
		return err
	}
	tree, err := policy.openFile(filepath.Join(log, "checkpoint"))
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, tiles{log})
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the tiles hash to %v, the checkpoint says %v", root, tree.Hash)
	}
	entries, err := checkEntries(tree, hashes, log)
	if err != nil {
		return err
	}
	inclusions, err := checkFiles(proofs, "tlog-proof", policy.checkInclusion)
	if err != nil {
		return err
	}
	consistencies, err := checkFiles(proofs, "consistency", func(path string) error {
		return policy.checkConsistency(path, tree, hashes)
	})
	if err != nil {
		return err
	}
	fmt.Printf("size %d entries %d inclusions %d consistencies %d\n", tree.N, entries, inclusions, consistencies)
	return nil
}

// checkEntries reads every bundle and compares each entry with the tree. It proves and checks the first and last entry of
// each bundle, and in small logs all of them.
func checkEntries(tree tlog.Tree, hashes tlog.HashReader, log string) (int64, error) {
	var index int64
	for n := int64(0); n*256 < tree.N; n++ {
		tile := tlog.Tile{H: 8, L: 0, N: n, W: 256}
		if rest := tree.N - n*256; rest < 256 {
			tile.W = int(rest)
		}
		name := strings.Replace(staticPath(tile), "tile/0/", "tile/entries/", 1)
		bundle, err := os.ReadFile(filepath.Join(log, name))
		if err != nil {
			return 0, err
		}
		entries, err := splitBundle(bundle, tile.W)
		if err != nil {
			return 0, fmt.Errorf("%s: %v", name, err)
		}
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, index+int64(i)))
		}
		leaves, err := hashes.ReadHashes(indexes)
		if err != nil {
			return 0, err
		}
		for i, entry := range entries {
			if leaves[i] != tlog.RecordHash(entry) {
				return 0, fmt.Errorf("entry %d in %s is not the one in the tree", index, name)
			}
			if tree.N <= 1000 || i == 0 || i == tile.W-1 {
				proof, err := tlog.ProveRecord(tree.N, index, hashes)
				if err != nil {
					return 0, err
				}
				if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaves[i]); err != nil {
					return 0, fmt.Errorf("entry %d: %v", index, err)
				}
			}
			index++
		}
	}
	return index, nil
}

func splitBundle(bundle []byte, count int) ([][]byte, error) {
	var entries [][]byte
	for len(entries) < count {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, fmt.Errorf("cut off in entry %d", len(entries))
		}
		length := int(binary.BigEndian.Uint16(bundle))
		entries = append(entries, bundle[2:2+length])
		bundle = bundle[2+length:]
	}
	if len(bundle) != 0 {
		return nil, fmt.Errorf("%d bytes too many", len(bundle))
	}
	return entries, nil
}

func checkFiles(folder, extension string, check func(string) error) (int, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*."+extension))
	if err != nil {
		return 0, err
	}
	for _, path := range paths {
		if err := check(path); err != nil {
			return 0, fmt.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	return len(paths), nil
}

// checkInclusion checks a c2sp.org/tlog-proof file.
func (p *policy) checkInclusion(path string) error {
	head, tail, err := readParts(path)
	if err != nil {
		return err
	}
	tree, err := p.open(tail)
	if err != nil {
		return err
	}
	if len(head) < 3 || head[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("not a tlog-proof")
	}
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(head[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(head[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	proof, err := parseHashes(head[3:])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(extra))
}

// checkConsistency checks an add-checkpoint body: its proof must lead from the checkpoint in OLD.checkpoint to its own,
// and be the very proof that this library makes.
func (p *policy) checkConsistency(path string, latest tlog.Tree, hashes tlog.HashReader) error {
	head, tail, err := readParts(path)
	if err != nil {
		return err
	}
	tree, err := p.open(tail)
	if err != nil {
		return err
	}
	oldSize, err := strconv.ParseInt(strings.TrimPrefix(head[0], "old "), 10, 64)
	if err != nil {
		return err
	}
	old, err := p.openFile(filepath.Join(filepath.Dir(path), fmt.Sprintf("%d.checkpoint", oldSize)))
	if err != nil {
		return err
	}
	proof, err := parseHashes(head[1:])
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	own, err := tlog.ProveTree(latest.N, oldSize, hashes)
	if err != nil {
		return err
	}
	if tree == latest && fmt.Sprint(own) != fmt.Sprint(tlog.TreeProof(proof)) {
		return fmt.Errorf("the proof is not the one that sumdb makes")
	}
	return nil
}

// readParts splits a file at its first empty line.
func readParts(path string) (head []string, tail []byte, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	parts := strings.SplitN(string(data), "\n\n", 2)
	if len(parts) != 2 {
		return nil, nil, fmt.Errorf("no empty line")
	}
	return strings.Split(parts[0], "\n"), []byte(parts[1]), nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// policy is the part of a tlog-policy file that matters here: who must have signed.
type policy struct {
	origin    string
	verifiers []note.Verifier
}

func readPolicy(path string) (*policy, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p := new(policy)
	for _, line := range strings.Split(string(data), "\n") {
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 2 && fields[0] == "log":
			verifier, err := note.NewVerifier(fields[1])
			if err != nil {
				return nil, err
			}
			p.origin = verifier.Name()
			p.verifiers = append(p.verifiers, verifier)
		case len(fields) >= 3 && fields[0] == "witness":
			verifier, err := newCosignatureVerifier(fields[2])
			if err != nil {
				return nil, err
			}
			p.verifiers = append(p.verifiers, verifier)
		}
	}
	return p, nil
}

func (p *policy) openFile(path string) (tlog.Tree, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	return p.open(data)
}

// open checks a checkpoint: the log and every witness of the policy must have signed it. The only other line is the
// leader's time, in the log's name and by a key that tasks name and policies do not.
func (p *policy) open(data []byte) (tlog.Tree, error) {
	opened, err := note.Open(data, note.VerifierList(p.verifiers...))
	if err != nil {
		return tlog.Tree{}, err
	}
	if len(opened.Sigs) != len(p.verifiers) || len(opened.UnverifiedSigs) > 1 ||
		(len(opened.UnverifiedSigs) == 1 && opened.UnverifiedSigs[0].Name != p.origin) {
		return tlog.Tree{}, fmt.Errorf("%d of %d signatures", len(opened.Sigs), len(p.verifiers))
	}
	origin, rest, found := strings.Cut(opened.Text, "\n")
	if !found || origin != p.origin {
		return tlog.Tree{}, fmt.Errorf("the origin is %q", origin)
	}
	// sumdb's checkpoints have a fixed first line; all else is the same.
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

// cosignatureVerifier checks c2sp.org/tlog-cosignature v1, which x/mod does not know.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosignatureVerifier(vkey string) (*cosignatureVerifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("%q is not a verifier key", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, fmt.Errorf("%q is not a cosignature/v1 key", vkey)
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(digest[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, fmt.Errorf("%q has another key ID", vkey)
	}
	return &cosignatureVerifier{parts[0], hash, key[1:]}, nil
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }
func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(v.key, []byte(signed), sig[8:])
}

// tiles reads C2SP's tile files for sumdb.
type tiles struct{ log string }

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var contents [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(t.log, staticPath(tile)))
		if err != nil {
			return nil, err
		}
		contents = append(contents, data)
	}
	return contents, nil
}

// staticPath is a tile's C2SP path: sumdb's without the height, which is always 8.
func staticPath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}

func sign(name string) error {
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: "signed by Go\n\nfor Swift\n"}, signer)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n%s", secret, public, signed)
	return nil
}
