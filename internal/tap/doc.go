// Package tap passes connections between a front and a backend on, byte for byte, and tells what
// goes over them, decoded.
//
//	front <---> Tap.Serve <---> backend          what passes, passes whatever becomes of the rest
//	                | Event: bytes, ends, resets
//	                v
//	     Decoder, by each protocol's Tracer      Capture, for Wireshark
//	                | Message: spans
//	                v
//	       Filter, then Printer or JSONPrinter, or whatever else shows them
//
// A Recording feeds a Decoder in place of a Tap. Events and messages come from one goroutine, in
// order; what they point to is valid during the call.
package tap
