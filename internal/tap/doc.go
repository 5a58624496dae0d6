// Package tap passes connections between a front and a backend on, byte for byte, and tells what
// goes over them, decoded.
//
//	front <---> Tap.Serve <---> backend          what passes, passes whatever becomes of the rest
//	                | Event: bytes, ends, resets
//	                v
//	     Decoder, by each protocol's Tracer      PCAP, for Wireshark
//	                | Message: spans
//	                v
//	       Filter, then Printer or JSON
//
// Read feeds a Decoder from a recording in place of a Tap.
package tap
