// Runs an OpenVINO file of `hondo export`: depth nano.xml photo.ppm photo.pgm
//
// The image is a binary PPM of 8 bits, the result a PGM of 16 bits: metres x 256 for metric models, else inverse depth up
// to one factor; 0 = unknown. The file must be of one size and of a network of single images.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <openvino/openvino.hpp>

constexpr float MAX_STRETCH = 1.04f;  // an image whose aspect is this close to the network's fills it

struct Plane {  // one channel, row by row
    int height, width;
    std::vector<float> values;
    Plane(int h, int w) : height(h), width(w), values(size_t(h) * w) {}
    float& at(int y, int x) { return values[size_t(y) * width + x]; }
    float at(int y, int x) const { return values[size_t(y) * width + x]; }
};

// The new pixel `index` as a weighted sum of old ones from `first` on: over areas, or bilinear with centres at +0.5.
struct Share { int first; std::vector<float> weights; };

Share share(int old_size, int new_size, int index, bool is_area) {
    if (!is_area) {
        const double centre = std::clamp((index + 0.5) * old_size / new_size - 0.5, 0.0, old_size - 1.0);
        const int first = std::min(int(centre), std::max(0, old_size - 2));
        if (old_size == 1) return {0, {1}};
        return {first, {float(1 - (centre - first)), float(centre - first)}};
    }
    const double low = double(index) * old_size / new_size, high = double(index + 1) * old_size / new_size;
    Share result{int(low), {}};
    for (int i = int(low); i < old_size && i < high; ++i)
        result.weights.push_back(float((std::min<double>(i + 1, high) - std::max<double>(i, low)) / (high - low)));
    return result;
}

Plane resized(const Plane& in, int height, int width) {
    if (in.height == height && in.width == width) return in;
    const bool is_area = height <= in.height && width <= in.width;
    Plane wide(in.height, width), out(height, width);
    for (int x = 0; x < width; ++x) {
        const Share s = share(in.width, width, x, is_area);
        for (int y = 0; y < in.height; ++y)
            for (size_t i = 0; i < s.weights.size(); ++i) wide.at(y, x) += s.weights[i] * in.at(y, s.first + int(i));
    }
    for (int y = 0; y < height; ++y) {
        const Share s = share(in.height, height, y, is_area);
        for (size_t i = 0; i < s.weights.size(); ++i)
            for (int x = 0; x < width; ++x) out.at(y, x) += s.weights[i] * wide.at(s.first + int(i), x);
    }
    return out;
}

int mirrored(int i, int size) {  // c b a | a b c d | d c b
    while (i < 0 || i >= size) i = i < 0 ? -i - 1 : 2 * size - 1 - i;
    return i;
}

std::vector<Plane> read_ppm(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    int width = 0, height = 0, top = 0;
    if (!(file >> magic >> width >> height >> top) || magic != "P6" || top != 255 || width < 1 || height < 1)
        throw std::runtime_error(path + " is no binary PPM of 8 bits; make one: ffmpeg -i photo.jpg photo.ppm");
    file.get();
    std::vector<unsigned char> bytes(size_t(width) * height * 3);
    if (!file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size())))
        throw std::runtime_error(path + " ends early");
    std::vector<Plane> rgb(3, Plane(height, width));
    for (size_t i = 0; i < bytes.size(); ++i) rgb[i % 3].values[i / 3] = bytes[i] / 255.0f;
    return rgb;
}

int main(int argc, char** argv) try {
    if (argc != 4) throw std::runtime_error("usage: depth MODEL.xml IMAGE.ppm DEPTH.pgm");
    const auto model = ov::Core().read_model(argv[1]);
    if (!model->has_rt_info("hondo")) throw std::runtime_error(std::string(argv[1]) + " has no hondo metadata");
    const auto facts = model->get_rt_info<std::string>("hondo");
    if (model->is_dynamic() || model->inputs().size() != 1 || model->input().get_shape()[0] != 1)
        throw std::runtime_error("this example runs files of one size, one image at a time, without earlier frames");
    const ov::Shape shape = model->input().get_shape();  // 1 3 height width
    const int height = int(shape[2]), width = int(shape[3]);

    const auto rgb = read_ppm(argv[2]);
    const int h = rgb[0].height, w = rgb[0].width;
    const double scale = std::min(double(height) / h, double(width) / w);
    int tall = std::max(1, int(std::nearbyint(h * scale))), wide = std::max(1, int(std::nearbyint(w * scale)));
    if (std::max(double(height) / tall, double(width) / wide) <= MAX_STRETCH) tall = height, wide = width;
    const int top = (height - tall) / 2, left = (width - wide) / 2;

    ov::InferRequest request = ov::Core().compile_model(model, "CPU").create_infer_request();
    float* input = request.get_input_tensor().data<float>();
    for (const Plane& channel : rgb) {
        const Plane small = resized(channel, tall, wide);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) *input++ = small.at(mirrored(y - top, tall), mirrored(x - left, wide));
    }
    request.infer();
    const ov::Tensor output = request.get_output_tensor();
    const ov::Shape size = output.get_shape();  // 1 1 height width, or smaller
    Plane raw{int(size[2]), int(size[3])}, inside{tall, wide};
    std::copy_n(output.data<float>(), raw.values.size(), raw.values.begin());
    raw = resized(raw, height, width);
    for (int y = 0; y < tall; ++y)
        for (int x = 0; x < wide; ++x) inside.at(y, x) = raw.at(y + top, x + left);
    Plane depth = resized(inside, h, w);

    const bool is_metres = facts.find("\"metric_depth\"") != std::string::npos;
    const bool is_inverse_metres = facts.find("\"metric_inverse_depth\"") != std::string::npos;
    if (is_inverse_metres)
        for (float& value : depth.values) value = value > 0 ? 1 / value : 0;
    const float largest = std::max(1e-9f, *std::max_element(depth.values.begin(), depth.values.end()));
    const float factor = is_metres || is_inverse_metres ? 256.0f : 65535.0f / largest;
    std::ofstream file(argv[3], std::ios::binary);
    file << "P5\n" << w << " " << h << "\n65535\n";
    for (const float value : depth.values) {
        const auto level = uint16_t(std::nearbyint(std::clamp(value * factor, 0.0f, 65535.0f)));
        file.put(char(level >> 8)).put(char(level & 255));
    }
    if (!file.flush()) throw std::runtime_error(std::string(argv[3]) + " cannot be written");
    std::cout << argv[3] << ": " << (is_metres || is_inverse_metres ? "metres" : "inverse depth") << " x " << factor << "\n";
} catch (const std::exception& error) {
    std::cerr << "depth: error: " << error.what() << "\n";
    return 1;
}
