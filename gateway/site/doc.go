// Package site serves what a web site is made of besides its programs: the files of a directory,
// by every protocol alike. It knows no wire.
//
// [Files] is the handler of a directory tree. [SendFiles] stands before the handler of a program,
// and lets that name a file for its answer.
//
// # What is never served
//
// A path is cut at its slashes, and each element is looked at by itself before a file is opened.
// None may be "..", begin with a dot (but for /.well-known, where certificates are asked for), or
// end as the source of a script does; a backslash, a NUL and an encoded slash are refused, as what
// stands before this server may have read them in another way. The file is opened below the root
// by [os.Root], which follows no link that leads outside, not even while somebody changes the
// tree. A link inside gives no other name to what is not served: the name to which it leads is
// looked at, too.
//
// # Compressed neighbours
//
// Beside style.css may lie style.css.br, style.css.zst and style.css.gz, which gzip -k and its
// like have made. A client that takes one gets it, with an entity tag of its own and the type of
// the plain file, which must be there, too. Nothing is compressed here, and a neighbour is not
// compared with the plain file: make them anew when that changes.
//
// # Types
//
// The media type goes by the ending of the name, and text is UTF-8. The types that the web is made
// of do not depend on the machine. No type is guessed from the bytes of a file, so an upload is
// not taken for HTML.
package site
