package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const casesFolder = "testdata/cases"

// described is what a file of the cases has to become: the columns that are named, or a reason. "x or y" leaves the
// choice.
type described map[string]any

// TestCases puts one file of each kind that shops' exports hold, and compares what becomes of it with expected.json.
func TestCases(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(casesFolder, "expected.json"))
	require.NoError(t, err)
	var expected map[string]described
	require.NoError(t, json.Unmarshal(content, &expected))
	right := 0
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		if t.Run(name, func(t *testing.T) { checkCase(t, name, expected[name]) }) {
			right++
		}
	}
	t.Logf("%d of %d cases are right", right, len(expected))
}

func checkCase(t *testing.T, name string, want described) {
	f := newFixture(t)
	content, err := os.ReadFile(filepath.Join(casesFolder, name))
	require.NoError(t, err)
	require.Empty(t, f.put(t, "assets/products/1/"+name, content), f.log)
	if reason, bad := want["quarantine"]; bad {
		require.Len(t, f.rows(t, fmt.Sprintf("quarantine/assets/reason=%s/", reason)), 1, f.log)
		require.Len(t, f.stored, 1)
		return
	}
	rows := f.rows(t, "assets-rows/")
	require.Len(t, rows, 1, f.log)
	row := rows[0]
	for column, value := range want {
		if column != "thumbnail" && column != "thumbnail_metadata" {
			assertOneOf(t, value, row[column], column)
		}
	}
	key, _ := row["thumbnail_key"].(string)
	if _, free := want["thumbnail_key"]; row["kind"] == "image" && !free {
		require.NotEmpty(t, key, "thumbnail")
		require.NotEmpty(t, row["perceptual_hash"])
	}
	if key == "" {
		return
	}
	thumbnail := f.stored["processed/"+key]
	for _, mark := range []string{"Exif", "ICC_PROFILE", "eXIf", "iCCP", "http://ns.adobe.com"} {
		assert.NotContains(t, string(thumbnail), mark)
	}
	if colours, ok := want["thumbnail"].(map[string]any); ok {
		checkColours(t, thumbnail, colours)
	}
}

func assertOneOf(t *testing.T, want, got any, column string) {
	t.Helper()
	text, ok := want.(string)
	if !ok {
		assert.Equal(t, want, got, column)
		return
	}
	choices := strings.Split(text, " or ")
	switch {
	case got == nil:
		assert.Contains(t, choices, "null", column)
	case !slices.Contains(choices, "any"):
		assert.Contains(t, choices, got, column)
	}
}

// checkColours compares the colours an eighth of the sides from the corners.
func checkColours(t *testing.T, thumbnail []byte, want map[string]any) {
	picture, _, err := image.Decode(bytes.NewReader(thumbnail))
	require.NoError(t, err)
	bounds := picture.Bounds()
	for corner, colour := range want {
		x, y := bounds.Dx()/8, bounds.Dy()/8
		if strings.HasSuffix(corner, "r") {
			x = bounds.Dx() - 1 - x
		}
		if strings.HasPrefix(corner, "b") {
			y = bounds.Dy() - 1 - y
		}
		channels, err := hex.DecodeString(colour.(string))
		require.NoError(t, err)
		got := color.NRGBAModel.Convert(picture.At(x, y)).(color.NRGBA)
		for i, channel := range []byte{got.R, got.G, got.B, got.A} {
			assert.InDelta(t, channels[i], channel, 8, "%s, channel %d: %02x", corner, i, got)
		}
	}
}

// TestCasesOfKeys puts objects whose keys or metadata say what belongs to what.
func TestCasesOfKeys(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(casesFolder, "keys.json"))
	require.NoError(t, err)
	var listed struct {
		Cases []struct {
			Name    string
			Objects []struct {
				Key, File string
				Metadata  map[string]string
			}
			Right json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(content, &listed))
	require.NotEmpty(t, listed.Cases)
	for _, one := range listed.Cases {
		t.Run(one.Name, func(t *testing.T) {
			f := newFixture(t)
			products := []any{}
			for _, object := range one.Objects {
				var body []byte
				if object.File != "" {
					body, err = os.ReadFile(filepath.Join(casesFolder, object.File))
					require.NoError(t, err)
				}
				clear(f.stored)
				f.metadata = object.Metadata
				require.Empty(t, f.put(t, object.Key, body))
				for _, row := range f.rows(t, "assets-rows/") {
					products = append(products, row["product_id"])
				}
			}
			var right struct {
				Products []any `json:"product_id"`
			}
			if json.Unmarshal(one.Right, &right) == nil {
				assert.Equal(t, right.Products, products)
				return
			}
			assert.Empty(t, products)
			quarantined := f.rows(t, "quarantine/")
			assert.Len(t, f.stored, len(quarantined))
			assert.Equal(t, strings.Contains(string(one.Right), "quarantine empty_file"), len(quarantined) == 1)
		})
	}
}
