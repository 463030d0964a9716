// Geoman looks for Leaflet on the window when it is loaded.
import "./global";
import "@geoman-io/leaflet-geoman-free";
import "@geoman-io/leaflet-geoman-free/dist/leaflet-geoman.css";
