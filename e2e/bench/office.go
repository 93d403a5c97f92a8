package bench

import "otasuke/e2e/talk"

// SMBFile is what a PC and a file server say while a file is read in pieces; n tells
// conversations apart.
func SMBFile(data []byte, piece, n int) []talk.Turn { return smbFile(data, piece, n) }

// SMTPMail is what a mail program and its server say about a letter with an attachment.
func SMTPMail(attachment []byte) []talk.Turn { return smtpMail(attachment) }
