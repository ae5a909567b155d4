import "./ui/base.css";
import "./ui/controls.css";
import "./ui/surfaces.css";
import "./approvals/approvals.css";
import "./approvals/answer.css";
import "./shell/shell.css";
import "./ui/forced-colors.css";
import { startPage } from "./page.tsx";
import { MainWindow } from "./shell/main-window.tsx";

startPage(<MainWindow />);
