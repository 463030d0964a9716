import { start } from "./comparison/page";

void start();
