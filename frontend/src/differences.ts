import { start } from "./compare/page";

void start();
