"""How older stores become this one, revision by revision; a revision that was released is never edited."""
