evenshift_test(tflite_bad_input_test
  SOURCES ${PROJECT_SOURCE_DIR}/tests/bad_input/tflite_bad_input_test.cpp
  LINKS evenshift::import evenshift::ir evenshift::base evenshift::test_tflite evenshift::test_onnx
  TIMEOUT 120)
evenshift_test(onnx_bad_input_test
  SOURCES ${PROJECT_SOURCE_DIR}/tests/bad_input/onnx_bad_input_test.cpp
  LINKS evenshift::import evenshift::ir evenshift::base evenshift::test_onnx
  TIMEOUT 120)
