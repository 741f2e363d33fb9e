"""In: who speaks, frame by frame. Out: turns and overlaps (`floor.Floor`), and customers' visits (`visits.Visits`)."""
