import "./public/frame.scss";
import { labelCards } from "./core/cards";

// What every public page needs; all of them can be read and used without it.
labelCards();
