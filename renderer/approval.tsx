import "./ui/base.css";
import "./ui/controls.css";
import "./ui/surfaces.css";
import "./approvals/approvals.css";
import "./approvals/answer.css";
import "./ui/forced-colors.css";
import { ApprovalPopup } from "./approvals/approval-popup.tsx";
import { startPage } from "./page.tsx";

startPage(<ApprovalPopup />);
