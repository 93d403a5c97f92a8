package fault

import "encoding/binary"

// snapLength is the largest packet that a capture file of ours says it holds: the largest
// bundle of segments.
const snapLength = 256 << 10

// captureFile is the packet as a capture file of the classic format
// (draft-ietf-opsawg-pcap section 4).
func captureFile(f *Fault) []byte {
	data := f.Packet[:min(len(f.Packet), snapLength)]
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b2c3d4)
	b = le.AppendUint16(le.AppendUint16(b, 2), 4)
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(le.AppendUint32(b, snapLength), f.Link)
	b = le.AppendUint32(le.AppendUint32(b, uint32(f.Time/1_000_000)), uint32(f.Time%1_000_000))
	b = le.AppendUint32(le.AppendUint32(b, uint32(len(data))), uint32(len(f.Packet)))
	return append(b, data...)
}
