import "./ui/base.css";
import "./ui/controls.css";
import "./ui/surfaces.css";
import "./approvals/approvals.css";
import { startPage } from "./page.tsx";

startPage(<main />);
