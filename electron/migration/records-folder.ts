/** In our data folder: what is known of earlier migrations, a file each. */
export const recordsFolder = "migrations";
