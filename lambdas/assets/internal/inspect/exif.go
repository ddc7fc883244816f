package inspect

import "encoding/binary"

// orientationOf reads the orientation from the TIFF structure of an Exif block (CIPA DC-008, 4.6): a value from 1 to 8,
// or 0 when it does not say. One tag of the first directory is all that is wanted: the libraries for Exif read
// everything, and are either no longer kept or many times the size of this function.
func orientationOf(block []byte) int {
	const orientationTag, short = 0x0112, 3
	if len(block) >= 6 && string(block[:5]) == "Exif\x00" { // some WebP files have JPEG's name in front
		block = block[6:]
	}
	if len(block) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(block[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := uint64(order.Uint32(block[4:]))
	if at+2 > uint64(len(block)) {
		return 0
	}
	entries := uint64(order.Uint16(block[at:]))
	for i := range entries {
		entry := at + 2 + 12*i
		if entry+12 > uint64(len(block)) {
			return 0
		}
		field := block[entry : entry+12]
		if order.Uint16(field) != orientationTag {
			continue
		}
		value := order.Uint16(field[8:])
		if order.Uint16(field[2:]) != short || order.Uint32(field[4:]) != 1 || value < 1 || value > 8 {
			return 0
		}
		return int(value)
	}
	return 0
}
