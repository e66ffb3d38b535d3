package account

import "rapport/internal/platform/id"

const notYou = "If this was not you, somebody else knows your password: reset it now on the sign-in page."

func hello(p profile) string { return "Hello " + Plain(p.Name) + "," }

func resetAsked(p profile, link, token string) Message {
	return Message{
		Key: "reset:" + link, To: p.Email, Subject: "Reset your password for Rapport",
		Lines:  []string{hello(p), "somebody asked to reset the password of your account. The link works once, within an hour."},
		Button: "Choose a new password", Path: "/reset/", Token: token,
		Close: []string{"If it was not you, nothing has happened, and there is nothing to do."},
	}
}

func passwordChanged(p profile) Message {
	return Message{
		Key: "password:" + id.New(), To: p.Email, Subject: "Your password for Rapport was changed",
		Lines: []string{hello(p), "the password of your account was changed just now, and other sessions were signed out."},
		Close: []string{notYou},
	}
}

func verifyAddress(p profile, link, token string) Message {
	return Message{
		Key: "verify:" + link, To: p.Email, Subject: "Confirm your address for Rapport",
		Lines:  []string{hello(p), "please confirm that this address is yours. The link works for three days."},
		Button: "Confirm the address", Path: "/verify/", Token: token,
		Close: []string{"If you made no account, ignore this mail."},
	}
}

func confirmMove(p profile, to, link, token string) Message {
	return Message{
		Key: "address:" + link, To: to, Subject: "Confirm your new address for Rapport",
		Lines:  []string{hello(p), "you asked to sign in with this address from now on, instead of " + p.Email + ". The link works for three days."},
		Button: "Use this address", Path: "/verify/", Token: token,
		Close: []string{"If you did not ask for it, ignore this mail; nothing changes."},
	}
}

func moveAsked(p profile, to, link string) Message {
	return Message{
		Key: "address-notice:" + link, To: p.Email, Subject: "Somebody wants to change the address of your account",
		Lines: []string{hello(p), "your account is to use " + to + " from now on. Nothing changes before the link that went there is followed."},
		Close: []string{notYou},
	}
}

func moveMade(p profile, to, key string) Message {
	return Message{
		Key: "address-made:" + key, To: p.Email, Subject: "The address of your account was changed",
		Lines: []string{hello(p), "your account uses " + to + " now. This address no longer opens it."},
		Close: []string{"If this was not you, tell whoever runs this installation at once."},
	}
}

func addressInUse(p profile, key string) Message {
	return Message{
		Key: "address-in-use:" + key, To: p.Email, Subject: "Your address has an account already",
		Lines: []string{hello(p), "somebody wanted to use this address for another account. It has one, so nothing was changed."},
		Close: []string{"If it was you, sign in with this address, or reset its password on the sign-in page."},
	}
}
